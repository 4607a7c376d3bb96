/// Keys of `config.json` that change nothing in what a model of any family computes from tokens.
extension DeclaredKeys {
    /// The keys, and why they never matter.
    package static let harmless: [(keys: [String], why: String)] = [
        (
            [
                "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "model_name", "license",
                "language", "tokenizer_class", "finetuning_task", "task_specific_params", "custom_pipelines",
                "is_llama_config", "transformers_weights",
            ], "they say where the model comes from"
        ),
        (
            [
                "torch_dtype", "dtype", "torchscript", "use_bfloat16", "tf_legacy_loss", "use_cache",
                "_attn_implementation", "attn_implementation", "_attn_implementation_internal",
                "_attn_implementation_autoset", "_flash_attn_2_enabled", "use_flash_attn", "use_flash_attention",
                "_experts_implementation", "cache_implementation", "gradient_checkpointing", "return_dict",
                "use_return_dict", "output_attentions", "output_hidden_states", "chunk_size_feed_forward",
                "reorder_and_upcast_attn", "fused_qkv", "tp_plan", "base_model_tp_plan", "tensor_parallel",
            ], "they say how another program computes the same numbers"
        ),
        (["pretraining_tp"], "it cuts the same products into slices"),
        (
            [
                "initializer_range", "attention_dropout", "hidden_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop",
                "resid_dropout", "embedding_dropout", "embd_dropout", "classifier_dropout", "attention_probs_dropout",
                "router_aux_loss_coef", "initializer_factor",
            ], "they matter in training alone, where the recipe's own values count"
        ),
        (
            [
                "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "unk_token_id",
                "decoder_start_token_id",
                "prefix", "tie_encoder_decoder", "boi_token_index", "eoi_token_index", "image_token_index",
            ], "tokens are what the tokenizer says; ends of turn are read with it"
        ),
        (
            [
                "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "temperature", "top_k",
                "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size",
                "encoder_no_repeat_ngram_size", "bad_words_ids", "num_return_sequences", "output_scores",
                "return_dict_in_generate", "forced_bos_token_id", "forced_eos_token_id", "remove_invalid_values",
                "exponential_decay_length_penalty", "suppress_tokens", "begin_suppress_tokens", "num_beam_groups",
                "diversity_penalty", "max_new_tokens", "generation_config",
            ], "they are defaults of generation in another program"
        ),
        (
            [
                "id2label", "label2id", "num_labels", "problem_type", "summary_type", "summary_use_proj",
                "summary_activation", "summary_proj_to_labels", "summary_first_dropout",
            ], "they belong to heads for classes, which a language model has not"
        ),
        (["n_ctx", "n_special", "predict_special_tokens"], "GPT-2's first release wrote them, and nothing reads them"),
    ]

    /// Beginnings of keys that never matter: notes of training tools, and settings of transformers' port to browsers.
    static let harmlessBeginnings = ["unsloth_", "transformers.js_", "_unsloth"]

    static let harmlessNames = Set(harmless.flatMap(\.keys))

    /// What every family's `config.json` may say.
    package static let everyModel = DeclaredKeys([
        "model_type": .read(), "architectures": .read(), "auto_map": .read(), "vocab_size": .read(),
        "quantization_config": .read(), "is_decoder": .only([false, true].map { .flag($0) }),
        "is_encoder_decoder": .only([.flag(false)]), "add_cross_attention": .only([.flag(false)]),
        "use_bidirectional_attention": .only([.flag(false)]), "is_causal": .only([.flag(true)]),
    ])

    /// What `config.json` says of a model built as Llama is.
    package static let likeLlama = everyModel.with([
        "hidden_size": .read(), "intermediate_size": .read(), "num_hidden_layers": .read(),
        "num_attention_heads": .read(), "num_key_value_heads": .read(), "head_dim": .read(),
        "max_position_embeddings": .read(absent: .integer(2048)), "rms_norm_eps": .read(absent: .number(1e-6)),
        "tie_word_embeddings": .read(absent: .flag(false)), "hidden_act": .only([.text("silu"), .text("swish")]),
        "rope_theta": .read(), "rope_scaling": .read(), "rope_parameters": .read(),
        "partial_rotary_factor": .only([.integer(1)]),
    ])

    /// What a GGUF says below the architecture's name of a model built as Llama is.
    package static let ggufLikeLlama = DeclaredKeys([
        "context_length": .read(), "embedding_length": .read(), "block_count": .read(), "feed_forward_length": .read(),
        "attention.head_count": .read(), "attention.head_count_kv": .read(), "attention.key_length": .read(),
        "attention.value_length": .read(), "attention.layer_norm_rms_epsilon": .read(), "vocab_size": .read(),
        "rope.dimension_count": .read(), "rope.freq_base": .read(absent: .integer(10_000)),
        "rope.scaling.type": .read(),
        "rope.scaling.factor": .read(), "rope.scale_linear": .read(), "rope.scaling.original_context_length": .read(),
        "rope.scaling.finetuned": .read(), "rope.scaling.attn_factor": .only([.integer(1)]),
        "attention.causal": .only([.flag(true)]), "expert_count": .only([.integer(0)]),
        "expert_used_count": .only([.integer(0)]), "attention.sliding_window": .only([.integer(0)]),
        "tensor_data_layout": .only([.text("Meta AI original pth"), .text("")]),
    ])
}
