import java.util.Properties

plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}

/** What `edgekit app` has stamped in. */
val edgekit = Properties().apply {
    rootProject.file("edgekit.properties").inputStream().use(::load)
}

android {
    namespace = "dev.edgekit.demo"
    compileSdk = libs.versions.compileSdk.get().toInt()
    defaultConfig {
        applicationId = edgekit.getProperty("applicationId")
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.targetSdk.get().toInt()
        versionCode = 1
        versionName = "1.0"
        manifestPlaceholders["appName"] = edgekit.getProperty("appName")
        ndk {
            abiFilters += listOf("arm64-v8a", "x86_64")
        }
    }
    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"))
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    androidResources {
        noCompress += listOf("onnx", "data", "tflite", "pte") // so that they are copied fast
    }
    packaging {
        jniLibs.useLegacyPackaging = false // mapped from the APK, at 16 KB pages
    }
}

kotlin {
    jvmToolchain(17)
}

dependencies {
    implementation(project(":edgekit-android"))
    for (runtime in edgekit.getProperty("runtimes").split(",")) {
        implementation(project(":runtime-${runtime.trim()}"))
    }
}
