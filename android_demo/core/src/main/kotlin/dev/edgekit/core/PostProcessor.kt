package dev.edgekit.core

/** From a model's outputs to its answer, as the manifest's task has it. */
internal class PostProcessor(private val manifest: Manifest, private val tokenizer: Tokenizer) {
    private val task = Task.named(manifest.task)
    private val mending = Mending(tokenizer.marks)
    private val maskId = manifest.tokenizer?.specialTokens?.get("mask_token")

    /**
     * The answer to a prompt.
     *
     * @param outputs of each row of the prompt, by name
     * @param top the most spans, labels or fillers that are kept
     * @throws EdgekitError.NoMask nothing is to be filled
     * @throws EdgekitError.RuntimeFailed an output is missing, or of another shape
     */
    fun answer(prompt: Prompt, outputs: List<Map<String, Tensor>>, top: Int): Answer {
        val found = Outputs(prompt.rows, outputs)
        return when (task) {
            Task.QUESTION_ANSWERING ->
                span(prompt, found.perToken("start_logits"), found.perToken("end_logits"), top)
            Task.TEXT_CLASSIFICATION -> label(found.vectors("logits", manifest.labels.size)[0], top)
            Task.TOKEN_CLASSIFICATION -> Tagger(manifest.labels, mending).tag(
                found.perToken("logits", manifest.labels.size)[0], prompt.rows[0], prompt.text(0),
            )
            Task.FILL_MASK -> fill(prompt, found.perToken("logits")[0], top)
            Task.SENTENCE_SIMILARITY -> embedding(found.vectors("sentence_embedding"))
            Task.SPARSE_EMBEDDING -> weigh(found.vectors("sparse_embedding"), top)
            Task.LATE_INTERACTION -> match(
                found.perToken("token_embeddings").zip(prompt.rows, LateInteraction::of),
            )
            Task.FEATURE_EXTRACTION -> Features
                .of(found.perToken("last_hidden_state")[0], prompt.rows[0], prompt.text(0))
        }
    }

    private fun span(prompt: Prompt, starts: List<Tensor>, ends: List<Tensor>, top: Int): Answer {
        val windows = prompt.rows.mapIndexed { index, row ->
            QuestionAnswering.Window(row, starts[index].values, ends[index].values)
        }
        return QuestionAnswering(manifest.postprocessing, mending)
            .answer(windows, prompt.text(1), top)
    }

    private fun label(logits: Tensor, top: Int): Answer {
        val problemType = manifest.problemType ?: "single_label_classification"
        return Classification
            .of(logits.values, manifest.labels, manifest.postprocessing, problemType, top)
    }

    private fun fill(prompt: Prompt, logits: Tensor, top: Int): Answer {
        val id = maskId ?: throw EdgekitError.UnsupportedTask(
            "the bundle's tokenizer has no mask token: masks cannot be filled",
        )
        return MaskFiller(id, tokenizer::token).fill(logits, prompt.rows[0], prompt.text(0), top)
    }

    private fun embedding(rows: List<Tensor>): Answer =
        if (rows.size == 1) Embedding(rows[0].values) else similarity(rows)

    private fun weigh(rows: List<Tensor>, top: Int): Answer =
        if (rows.size == 1) SparseEmbedding.of(rows[0].values, tokenizer::token, top)
        else similarity(rows)

    private fun match(texts: List<LateInteraction>): Answer =
        if (texts.size == 1) texts[0] else LateInteraction.similarity(texts[0], texts[1])

    private fun similarity(rows: List<Tensor>) =
        Similarity(manifest.similarity.of(rows[0].values, rows[1].values))
}
