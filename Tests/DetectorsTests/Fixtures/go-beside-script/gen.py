print("package table")
