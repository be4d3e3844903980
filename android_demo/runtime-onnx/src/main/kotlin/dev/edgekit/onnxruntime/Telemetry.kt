package dev.edgekit.onnxruntime

/**
 * ONNX Runtime from 1.29 on reports its use to Microsoft unless this variable is set before its
 * library is loaded.
 */
internal object Telemetry {
    private const val VARIABLE = "ORT_DISABLE_TELEMETRY"

    /** Sets the variable on Android; elsewhere whoever starts the process has to. */
    fun off() {
        val system = try {
            Class.forName("android.system.Os")
        } catch (_: ClassNotFoundException) {
            return
        }
        system.getMethod("setenv", String::class.java, String::class.java, Boolean::class.java)
            .invoke(null, VARIABLE, "1", true)
    }
}
