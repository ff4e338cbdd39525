plugins {
    application
}

application {
    mainClass = "com.example.Worker"
}
