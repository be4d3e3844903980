package dev.edgekit.demo

import android.content.Context
import android.view.View
import dev.edgekit.core.Answer
import dev.edgekit.core.Bundle

/** What the screens Try and Compare show for one task. */
interface TaskPage {
    /** The task's name for people. */
    val title: Int

    /** Layout with the fields `first` and maybe `second`. */
    val form: Int get() = R.layout.ask_text

    /** Layout of an answer. */
    val result: Int get() = R.layout.answer_scores

    /** Whether a text is asked about even where the second one is empty. */
    val isSecondOptional: Boolean get() = true

    /** Texts to try. */
    fun samples(context: Context, bundle: Bundle): List<String>

    /** Shows an answer in the layout [result]. */
    fun show(into: View, texts: List<String>, answer: Answer)

    /** An answer in a line or two. */
    fun summary(context: Context, answer: Answer): String

    /** What is decided, whatever the scores; null where nothing is. */
    fun decision(answer: Answer): Any? = null

    companion object {
        private val pages = mapOf(
            "question-answering" to QuestionPage,
            "text-classification" to LabelsPage,
            "token-classification" to EntitiesPage,
            "fill-mask" to MasksPage,
            "sentence-similarity" to PairPage(R.string.task_sentence_similarity),
            "sparse-embedding" to PairPage(R.string.task_sparse_embedding),
            "late-interaction" to PairPage(R.string.task_late_interaction),
            "feature-extraction" to FeaturesPage,
        )

        /** The page of a manifest's task; null for one of a later edgekit. */
        fun of(task: String): TaskPage? = pages[task]
    }
}
