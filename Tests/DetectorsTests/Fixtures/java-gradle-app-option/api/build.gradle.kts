plugins {
    application
}

application {
    mainClass = "com.example.Api"
}
