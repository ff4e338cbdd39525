// BaseImages
