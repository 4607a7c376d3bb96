import Foundation
import JSONDocument
import Tensors

/// A Hugging Face model folder: `config.json` and the safetensors beside it, single or sharded.
package struct HuggingFaceFolder: Sendable {
    package let path: String
    /// `config.json`.
    package let config: JSONNode
    /// By Hugging Face's own names; shards are joined.
    package let tensors: [String: StoredTensor]
    /// Names of tensors of number types that are not read, with the type.
    package let otherTypes: [String: String]
    /// The files that were read, relative to the folder, sorted.
    package let files: [String]

    /// Reads the folder. Throws ``WeightFileError`` naming the file, and the key or tensor, at fault.
    package init(path: String) throws(WeightFileError) {
        self.path = path
        var files = ["config.json"]
        config = try Self.json("config.json", in: path)
        guard config.members != nil else {
            throw WeightFileError(
                .malformed, file: path + "/config.json", problem: "this is no JSON object",
                remedy: "Download the model again.")
        }
        try Self.checkSets(path)
        let index = "model.safetensors.index.json"
        if FileManager.default.fileExists(atPath: path + "/" + index) {
            let shards = try Self.shards(try Self.json(index, in: path), file: path + "/" + index)
            (tensors, otherTypes) = try Self.join(shards, in: path)
            files += [index] + Set(shards.values)
        } else {
            let file = try SafetensorsFile(path: Self.contained("model.safetensors", in: path))
            (tensors, otherTypes) = (file.tensors, file.otherTypes)
            files.append("model.safetensors")
        }
        let optional = [
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
            "chat_template.jinja", "chat_template.json",
        ]
        self.files = (files + optional.filter { FileManager.default.fileExists(atPath: path + "/" + $0) }).sorted()
    }

    /// Refuses folders without weights, and those in which more than one set of weights could be meant.
    private static func checkSets(_ path: String) throws(WeightFileError) {
        func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
        let (single, index) = (has("model.safetensors"), has("model.safetensors.index.json"))
        if has("adapter_config.json") {
            throw WeightFileError(
                .malformed, file: path + "/adapter_config.json",
                problem: single || index
                    ? "a LoRA adapter lies beside the weights; transformers would use both"
                    : "the folder holds a LoRA adapter and no weights",
                remedy: "Merge it into the weights (model.merge_and_unload() of peft) and save the result alone"
                    + (single || index ? ", or move the adapter's files away." : "."))
        }
        if single, index {
            throw WeightFileError(
                .malformed, file: path,
                problem: "the folder holds two sets of weights: model.safetensors and model.safetensors.index.json",
                remedy: "Keep the one that is meant: move the other's files away.")
        }
        guard !single, !index else { return }
        throw WeightFileError(
            .missing, file: path,
            problem: has("pytorch_model.bin") || has("pytorch_model.bin.index.json")
                ? "the folder holds only pytorch_model.bin, which can run code when it is loaded"
                : "the folder holds no model.safetensors",
            remedy: "Save the model as safetensors (model.save_pretrained(…, safe_serialization=True)), or give a "
                + ".gguf file itself.")
    }

    /// Parses one of the folder's JSON files.
    package static func json(_ name: String, in folder: String) throws(WeightFileError) -> JSONNode {
        let mapping = try FileMapping(path: try contained(name, in: folder))
        return try JSONNode(mapping.bytes, file: folder + "/" + name)
    }

    /// The folder's file `name`, refused where a link leads out of the folder.
    private static func contained(_ name: String, in folder: String) throws(WeightFileError) -> String {
        let path = folder + "/" + name
        guard let real = realpath(path, nil), let home = realpath(folder, nil) else {
            throw WeightFileError(
                .missing, file: path, problem: "this file is missing",
                remedy: "Copy or download the whole model folder.")
        }
        defer {
            free(real)
            free(home)
        }
        guard String(cString: real).hasPrefix(String(cString: home) + "/") else {
            throw WeightFileError(
                .unreadable, file: path, problem: "this is a link out of the model's folder",
                remedy: "Copy the folder with its links resolved (cp -rL).")
        }
        return path
    }

    /// The file of each tensor, as the index gives it.
    private static func shards(_ index: JSONNode, file: String) throws(WeightFileError) -> [String: String] {
        guard let map = index["weight_map"]?.members else {
            throw WeightFileError(
                .malformed, file: file, place: "weight_map", problem: "this key is missing or no object",
                remedy: "Download the model again.")
        }
        var shards: [String: String] = [:]
        for (tensor, value) in map {
            guard let name = value.string, !name.contains("/"), name.hasSuffix(".safetensors") else {
                throw WeightFileError(
                    .malformed, file: file, place: "weight_map.\(tensor)",
                    problem: "this is no name of a .safetensors file beside the index",
                    remedy: "Download the model again.")
            }
            shards[tensor] = name
        }
        return shards
    }

    private static func join(_ shards: [String: String], in folder: String) throws(WeightFileError)
        -> (tensors: [String: StoredTensor], otherTypes: [String: String])
    {
        var files: [String: SafetensorsFile] = [:]
        for name in Set(shards.values) { files[name] = try SafetensorsFile(path: try contained(name, in: folder)) }
        var tensors: [String: StoredTensor] = [:]
        var otherTypes: [String: String] = [:]
        for (tensor, name) in shards {
            guard let file = files[name], file.tensors[tensor] != nil || file.otherTypes[tensor] != nil else {
                throw WeightFileError(
                    .missing, file: folder + "/" + name, place: tensor,
                    problem: "the index says that this tensor is in this file, but it is not",
                    remedy: "Download the model again: its files are of different versions.")
            }
            tensors[tensor] = file.tensors[tensor]
            otherTypes[tensor] = file.otherTypes[tensor]
        }
        for name in files.keys.sorted() {
            guard let extra = files[name]?.tensors.keys.filter({ shards[$0] == nil }).min() else { continue }
            throw WeightFileError(
                .malformed, file: folder + "/" + name, place: extra,
                problem: "this tensor is in the file, and the index does not name it",
                remedy: "Download the model again: its files are of different versions.")
        }
        return (tensors, otherTypes)
    }
}
