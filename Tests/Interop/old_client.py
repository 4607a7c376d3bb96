"""What OpenAI's client of the first series does with a daemon; run with its own environment, as `old_client.py SOCKET`."""
import json
import sys

import httpx
import openai

assert openai.__version__.startswith("1."), openai.__version__
transport = httpx.HTTPTransport(uds=sys.argv[1])
client = openai.OpenAI(base_url="http://localhost/v1", api_key="unused", http_client=httpx.Client(transport=transport))
asked = {"model": "smol", "messages": [{"role": "user", "content": "Name three colours."}], "temperature": 0, "max_tokens": 12}

whole = client.chat.completions.create(**asked).choices[0].message.content
pieces = client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
chunks = list(pieces)
assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
assert chunks[-1].usage.total_tokens > 0
text = client.completions.create(model="smol", prompt="The sky is", temperature=0, max_tokens=4, logprobs=1).choices[0]
assert len(text.logprobs.tokens) == 4
assert client.responses.create(model="smol", input="Name three colours.", temperature=0, max_output_tokens=12).output_text == whole
assert client.models.retrieve("smol").id == "smol" and "smol" in [model.id for model in client.models.list()]
file = client.files.create(file=("rows.jsonl", b"{}\n"), purpose="fine-tune")
assert client.files.content(file.id).read() == b"{}\n" and client.files.delete(file.id).deleted
try:
    client.chat.completions.create(**{**asked, "model": "gpt-4o"})
    raise AssertionError("a model that there is not answered")
except openai.NotFoundError as error:
    assert (error.code, error.param) == ("model_not_found", "model") and error.request_id
print(json.dumps(whole))
