package dev.edgekit.core

/** What a model's outputs mean: one class for each kind of task. */
public sealed interface Answer {
    /** The object that `edgekit run --json` prints and postprocess.json holds. */
    public fun toJson(): Map<String, Any?>
}
