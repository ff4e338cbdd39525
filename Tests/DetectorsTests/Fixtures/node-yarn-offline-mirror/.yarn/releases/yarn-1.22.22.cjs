// Yarn's own program
