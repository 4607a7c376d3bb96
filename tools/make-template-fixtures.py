"""Write Tests/Fixtures/templates: chat templates with what transformers renders from them.

usage: make-template-fixtures.py OUT_DIR [--all]
Templates come from the `trl` package (Apache-2.0, `trl/chat_templates/`) and from this script, for the formats that it lacks.
With --all every template of the package is written, which the interop test compares; without, the ones that tests keep.
Needs Python with transformers and trl.
"""
import datetime, json, os, sys
from pathlib import Path
from transformers.utils import chat_template_utils

NOW = 1735732800  # 2025-01-01 12:00:00 UTC
os.environ["TZ"] = "UTC"

OWN = {
    "chatml": "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
              "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "mistral": "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
               "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
               "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
               "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}"
               "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}",
    "mistral-system": "{%- if messages[0][\"role\"] == \"system\" %}\n    {%- set system_message = messages[0][\"content\"] %}\n"
               "    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n\n"
               "{{- bos_token }}\n{%- for message in loop_messages %}\n"
               "    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\n"
               "        {{- raise_exception('roles must alternate') }}\n    {%- endif %}\n"
               "    {%- if message[\"role\"] == \"user\" %}\n        {%- if loop.last and system_message is defined %}\n"
               "            {{- \"[INST] \" + system_message + \"\\n\\n\" + message[\"content\"] + \"[/INST]\" }}\n"
               "        {%- else %}\n            {{- \"[INST] \" + message[\"content\"] + \"[/INST]\" }}\n        {%- endif %}\n"
               "    {%- elif message[\"role\"] == \"assistant\" %}\n        {{- \" \" + message[\"content\"]|trim + eos_token}}\n"
               "    {%- else %}\n        {{- raise_exception(\"Only user and assistant roles are supported\") }}\n    {%- endif %}\n{%- endfor %}\n",
    "zephyr": "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\\n' + message['content'] + eos_token }}\n"
              "{% elif message['role'] == 'system' %}\n{{ '<|system|>\\n' + message['content'] + eos_token }}\n"
              "{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n"
              "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
}
KEPT = [
    "llama3", "llama3_training", "llama3_1", "llama3_2", "gemma", "gemma3", "gemma3_training", "qwen2_5", "qwen2_5_training", "qwen3", "qwen3_training",
    "phi3", "phi3_5",
]

TOOLS = [{"type": "function", "function": {
    "name": "get_weather", "description": "Weather of a place <now> & \"here\" — naïve", "parameters": {
        "type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer", "enum": [1, 2, 3]}},
        "required": ["place"]}}}]
CALL = {"type": "function", "id": "abc123def", "function": {"name": "get_weather", "arguments": {"place": "Köln", "days": 2, "f": 1.0, "n": None}}}
CONVERSATIONS = [
    {"messages": [{"role": "user", "content": "Hello there"}]},
    {"messages": [{"role": "user", "content": " Hi\n"}, {"role": "assistant", "content": "  Hello! 🙂\n\n"}]},
    {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"},
                  {"role": "user", "content": "日本語 \"quoted\" <|im_end|> {{ x }}"}, {"role": "assistant", "content": "はい"}]},
    {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]},
    {"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
    {"messages": [{"role": "user", "content": "Think"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nDone"},
                  {"role": "user", "content": "More"}, {"role": "assistant", "content": "Yes", "reasoning_content": "I see\n"}]},
    {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Weather?"}], "tools": TOOLS},
    {"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": "", "tool_calls": [CALL]},
                  {"role": "tool", "name": "get_weather", "tool_call_id": "abc123def", "content": "{\"t\": 3}"},
                  {"role": "assistant", "content": "Cold."}], "tools": TOOLS},
    {"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": None, "tool_calls": [CALL]},
                  {"role": "tool", "name": "get_weather", "tool_call_id": "abc123def", "content": "x"}], "tools": TOOLS},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "Part one. "}, {"type": "text", "text": "Part two."}]}]},
    {"messages": [{"role": "user", "content": "No thinking"}], "variables": {"enable_thinking": False}},
    {"messages": []},
    {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": ""}, {"role": "assistant", "content": ""}]},
]
VARIABLES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)


def requests():
    """Every conversation, with and without the prompt to generate."""
    for conversation in CONVERSATIONS:
        for prompt in (False, True):
            yield {"messages": conversation["messages"], "tools": conversation.get("tools"), "add_generation_prompt": prompt,
                   "variables": {**VARIABLES, **conversation.get("variables", {})}, "now": NOW}


def render(template, request):
    """What transformers renders, or None where it fails."""
    try:
        text, _ = chat_template_utils.render_jinja_template(
            [request["messages"]], tools=request["tools"], chat_template=template,
            add_generation_prompt=request["add_generation_prompt"], **request["variables"])
        return text[0]
    except Exception:
        return None


def freeze():
    """Makes the time that templates ask for the fixtures' own."""
    chat_template_utils.datetime = Frozen


def templates(everything):
    import trl
    result = dict(OWN)
    for path in sorted((Path(trl.__file__).parent / "chat_templates").glob("*.jinja")):
        if everything or path.stem in KEPT:
            result[path.stem] = path.read_text()
    return result


def main():
    out, found = Path(sys.argv[1]), templates("--all" in sys.argv)
    freeze()
    out.mkdir(parents=True, exist_ok=True)
    for name, template in found.items():
        (out / f"{name}.jinja").write_text(template)
        texts = [render(template, request) for request in requests()]
        (out / f"{name}.json").write_text(json.dumps(texts, ensure_ascii=False, indent=0) + "\n")
    (out / "requests.json").write_text(json.dumps(list(requests()), ensure_ascii=False, indent=0) + "\n")
    print(len(found), "templates")


if __name__ == "__main__":
    main()
