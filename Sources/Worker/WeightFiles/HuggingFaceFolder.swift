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
        let index = "model.safetensors.index.json"
        if FileManager.default.fileExists(atPath: path + "/" + index) {
            let shards = try Self.shards(try Self.json(index, in: path), file: path + "/" + index)
            tensors = try Self.join(shards, in: path)
            files += [index] + Set(shards.values)
        } else if FileManager.default.fileExists(atPath: path + "/model.safetensors") {
            let file = try SafetensorsFile(path: Self.contained("model.safetensors", in: path))
            tensors = file.tensors
            files.append("model.safetensors")
        } else {
            let pickled = FileManager.default.fileExists(atPath: path + "/pytorch_model.bin")
            throw WeightFileError(
                .missing, file: path,
                problem: pickled
                    ? "the folder holds only pytorch_model.bin, which can run code when it is loaded"
                    : "the folder holds no model.safetensors",
                remedy: "Save the model as safetensors (model.save_pretrained(…, safe_serialization=True)).")
        }
        let optional = [
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
            "chat_template.jinja",
        ]
        self.files = (files + optional.filter { FileManager.default.fileExists(atPath: path + "/" + $0) }).sorted()
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
        -> [String: StoredTensor]
    {
        var files: [String: SafetensorsFile] = [:]
        for name in Set(shards.values) { files[name] = try SafetensorsFile(path: try contained(name, in: folder)) }
        var tensors: [String: StoredTensor] = [:]
        for (tensor, name) in shards {
            guard let file = files[name], file.tensors[tensor] != nil || file.otherTypes[tensor] != nil else {
                throw WeightFileError(
                    .missing, file: folder + "/" + name, place: tensor,
                    problem: "the index says that this tensor is in this file, but it is not",
                    remedy: "Download the model again: its files are of different versions.")
            }
            tensors[tensor] = file.tensors[tensor]
        }
        return tensors
    }
}
