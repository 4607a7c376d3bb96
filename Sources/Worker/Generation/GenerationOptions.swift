/// How answers are drawn.
package struct GenerationOptions: Hashable, Sendable {
    /// The most tokens that one answer may have.
    package var maxNewTokens: Int
    /// 0 takes the likeliest token each time.
    package var temperature: Double
    /// Draw only among the likeliest tokens that together have this probability.
    package var topP: Double
    /// Draw only among so many likeliest tokens, before `topP` is looked at; 0: among all.
    package var topK: Int
    package var seed: UInt64
    /// Tokens that end an answer; they are not part of it.
    package var stopTokens: Set<Int32>

    package init(
        maxNewTokens: Int = 128, temperature: Double = 0, topP: Double = 1, topK: Int = 0, seed: UInt64 = 0,
        stopTokens: Set<Int32> = []
    ) {
        self.maxNewTokens = maxNewTokens
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.seed = seed
        self.stopTokens = stopTokens
    }
}

/// One answer.
package struct GeneratedTokens: Hashable, Sendable {
    /// Why an answer ended.
    package enum Finish: String, Hashable, Sendable {
        /// The model ended its turn.
        case stop
        /// It had as many tokens as it may have.
        case length
        /// Whoever asked for it needs no more of it.
        case cut
    }

    package var ids: [Int32]
    package var finish: Finish

    package init(ids: [Int32], finish: Finish) {
        self.ids = ids
        self.finish = finish
    }
}
