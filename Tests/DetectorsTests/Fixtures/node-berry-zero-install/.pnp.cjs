// Yarn's map of packages
