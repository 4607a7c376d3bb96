import Nouns

/// A fine-tuning job as OpenAI's clients read it; times are whole seconds since 1970.
package struct JobObject: Codable, Hashable, Sendable, Identifiable {
    package var id: String
    package var object = "fine_tuning.job"
    package var created_at: Int
    package var model: String
    package var organization_id = "local"
    /// `validating_files`, `queued`, `running`, `succeeded`, `failed` or `cancelled`.
    package var status: String
    package var training_file: String
    @OrNull package var validation_file: String?
    package var seed: Int
    package var result_files: [String] = []
    package var hyperparameters: JobHyperparameters
    package var method: JobMethod
    @OrNull package var metadata: [String: String]?
    /// None are served.
    package var integrations: [String] = []
    /// What its model is asked by, once it is trained; also where it was not promoted.
    @OrNull package var fine_tuned_model: String?
    @OrNull package var finished_at: Int?
    @OrNull package var trained_tokens: Int?
    @OrNull package var estimated_finish: Int?
    @OrNull package var error: JobError?
    /// What OpenAI's jobs do not have.
    package var finetuned: JobDetails

    package init(
        id: String, createdAt: Int, model: String, status: String, trainingFile: String, seed: Int,
        hyperparameters: JobHyperparameters, method: JobMethod, finetuned: JobDetails
    ) {
        self.id = id
        created_at = createdAt
        self.model = model
        self.status = status
        training_file = trainingFile
        self.seed = seed
        self.hyperparameters = hyperparameters
        self.method = method
        self.finetuned = finetuned
    }
}

/// The hyperparameters of a job: the numbers that are used, or `"auto"` while they are not known.
package struct JobHyperparameters: Codable, Hashable, Sendable {
    package var n_epochs: JSONValue = "auto"
    package var batch_size: JSONValue = "auto"
    package var learning_rate_multiplier: JSONValue = "auto"
    /// Of the method `dpo` alone.
    package var beta: JSONValue?
    package init() {}
}

/// How a job learns.
package struct JobMethod: Codable, Hashable, Sendable {
    package struct Settings: Codable, Hashable, Sendable {
        package var hyperparameters: JobHyperparameters
    }
    /// `supervised` or `dpo`.
    package var type: String
    package var supervised: Settings?
    package var dpo: Settings?

    package init(_ method: JobSettings.Method, _ hyperparameters: JobHyperparameters) {
        type = method.rawValue
        let settings = Settings(hyperparameters: hyperparameters)
        switch method {
        case .supervised: supervised = settings
        case .dpo: dpo = settings
        }
    }
}

/// Why a job failed.
package struct JobError: Codable, Hashable, Sendable {
    package var code: String
    package var message: String
    /// The field of the job that is at fault.
    @OrNull package var param: String?
    package init(code: String, message: String, param: String?) {
        self.code = code
        self.message = message
        self.param = param
    }
}
