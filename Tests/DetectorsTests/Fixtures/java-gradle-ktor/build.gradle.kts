plugins {
    kotlin("jvm") version "2.0.20"
    id("io.ktor.plugin") version "3.0.0"
}


kotlin {
    jvmToolchain(21)
}

application {
    mainClass = "com.example.ApplicationKt"
}
