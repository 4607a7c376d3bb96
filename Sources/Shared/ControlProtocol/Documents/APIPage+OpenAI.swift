extension APIPage {
    /// How OpenAI's clients are pointed here, what models are called, and what is refused; every snippet is run by
    /// Tests/Interop/test_page.py.
    static let openAI = """

        ## OpenAI's clients

        A script for OpenAI's API runs here with one line changed: where the client connects. What it gives as its key \
        is ignored on the socket.

        ```python
        from httpx2 import Client, HTTPTransport
        from openai import OpenAI

        socket = HTTPTransport(uds="/run/finetuned/finetuned.sock")
        client = OpenAI(base_url="http://localhost/v1", api_key="unused", http_client=Client(transport=socket))

        question = [{"role": "user", "content": "My order has not come."}]
        answer = client.chat.completions.create(model="support", messages=question, max_tokens=20)
        print(answer.model, answer.choices[0].message.content)

        for chunk in client.chat.completions.create(model="support", messages=question, max_tokens=20, stream=True):
            print(chunk.choices[0].delta.content or "", end="")
        ```

        The same without a client:

        ```sh
        curl -sS --unix-socket /run/finetuned/finetuned.sock http://localhost/v1/chat/completions \\
          -H 'Content-Type: application/json' \\
          -d '{"model": "support", "max_tokens": 20, "messages": [{"role": "user", "content": "Hello"}]}'
        ```

        How likely each word of a text is, without a word drawn:

        ```python
        scored = client.completions.create(
            model="support", prompt="My order has come.", echo=True, max_tokens=0, logprobs=1)
        print(scored.choices[0].logprobs.token_logprobs)
        ```

        Where a text ends by itself, the token that ended it is the last one told; it adds nothing to the text.

        A classifier is not asked to write: it is asked how likely each class is, as a whole. With empty \
        `instructions` the input is asked just as the pipeline's rows were, and the figures `label_accuracy` and \
        `ece` of its gates hold for the probabilities.

        ```python
        decision = client.decisions.create(
            model="support", input="My order has not come.",
            questions=[{"type": "choice", "instructions": "",
                        "choices": [{"value": "delivery"}, {"value": "payment"}]}])
        print(decision.answers[0].choice, decision.answers[0].probabilities)
        ```

        Clients that speak the newer route get the same tokens:

        ```python
        response = client.responses.create(model="support", input="My order has not come.", max_output_tokens=20)
        print(response.output_text)
        ```

        What is asked with `store` is kept for ratings, and corrections make the next model ([more](feedback.md)):

        ```python
        kept = client.chat.completions.create(
            model="support", messages=question, max_tokens=20, store=True, metadata={"channel": "mail"})
        client.post("/feedback", cast_to=object, body={
            "completion_id": kept.id, "rating": "bad", "correction": "It is on its way."})
        for completion in client.chat.completions.list(metadata={"channel": "mail"}):
            print(completion.id, client.chat.completions.messages.list(completion.id).data[0].content)
        client.chat.completions.delete(kept.id)
        ```

        ### Names of models

        | name | means |
        |---|---|
        | `support`, `ft:<base>:local:support` | what the pipeline serves now; its base where nothing is served yet |
        | `ft:<base>:local:support:<hex>`, `v-…` | a version, by the first digits of its name or by the whole; \
        promoted or not |
        | `ft:<base>:local:support:<run>`, `r-…` | what a run trained, where that became no version |
        | a base's name | the base; it goes before a pipeline of the same name |

        `model` in an answer is always the version that answered. A name that there is not is 404 \
        `model_not_found`, and the message has the names there are; digits that several versions begin with are 400.

        ### What is refused, and why

        A field that nobody knows is taken; a value that cannot be is 400 with the field's name in `param` \
        (`messages[2].content[0].type`), before the first byte of an answer, streamed or not. What would change the \
        answer and is not done here is refused by name:

        | field | why |
        |---|---|
        | content other than text, `audio`, `modalities` but `text` | models read and write text |
        | `functions`, `function_call` | `tools` and `tool_choice` say the same |
        | `tools` where the model's template cannot write calls; a tool whose `type` is not `function` | the model has \
        never seen one |
        | `strict` of a tool that need not be called | arguments are held to a tool's `parameters` where \
        `tool_choice` says that one has to be called |
        | keywords of a JSON Schema that cannot be held while an answer is written | the answer would not be what the \
        schema says |
        | `stream_options` without `stream`, `top_logprobs` without `logprobs` | \
        they say how to do what is not asked for |
        | `best_of`, `suffix` of texts | more answers come with `n`; texts go on at their end |
        | `previous_response_id`, `conversation`, `background`, `tools`, `truncation` of responses | nothing is kept, \
        nothing is shortened, and tools are called by chat |
        | a prompt longer than the context (`context_length_exceeded`) | it is never shortened; both lengths are told |

        A full queue is 429 with `retry-after`: how long it takes, by how quickly others are answered, until there is \
        room. A model that cannot be loaded is 503 with its reason. Whoever leaves has his request taken back at the \
        next token, streamed or not. A stream that is silent for ten seconds gets a comment, which clients pass over; \
        what fails within a stream is told as an event with `error`, without `[DONE]`.

        """
}
