"""The part of Go's templates that `docker … --format` of the scripts uses."""

import re

_TOKEN = re.compile(r"\{\{(.*?)\}\}", re.S)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class Unknown(Exception):
    pass


def render(template, value):
    pieces = _TOKEN.split(template)
    tree, rest = _parse(list(enumerate(pieces)), 0, ())
    return _run(tree, value, {})


def _parse(pieces, at, ends):
    nodes = []
    while at < len(pieces):
        index, piece = pieces[at]
        at += 1
        if index % 2 == 0:
            nodes.append(("text", piece))
            continue
        head, _, rest = piece.strip().partition(" ")
        if head in ("if", "range"):
            body, at = _parse(pieces, at, ("end", "else"))
            other = []
            if pieces[at - 1][1].strip() == "else":
                other, at = _parse(pieces, at, ("end",))
            nodes.append((head, rest, body, other))
        elif head in ends:
            return nodes, at
        else:
            nodes.append(("value", piece.strip()))
    return nodes, at


def _run(nodes, value, variables):
    out = ""
    for node in nodes:
        if node[0] == "text":
            out += node[1]
        elif node[0] == "value":
            found = _value(node[1], value, variables)
            out += "" if found is None else ("true" if found is True else "false" if found is False else str(found))
        elif node[0] == "if":
            out += _run(node[2] if _value(node[1], value, variables) else node[3], value, variables)
        else:
            names, assigned, expression = node[1].rpartition(":=")
            names = [name.strip() for name in names.split(",")] if assigned else []
            found = _value(expression.strip(), value, variables) or {}
            for key, item in found.items() if isinstance(found, dict) else enumerate(found):
                # One name is the element's, two are the key's and the element's.
                out += _run(node[2], item, {**variables, **dict(zip(names, (key, item)[-len(names):] if names else ()))})
    return out


def _value(expression, value, variables):
    words = [(match[1].encode().decode("unicode_escape"), True) if match[1] is not None else (match[2], False)
             for match in _WORD.finditer(expression)]
    arguments = [word if quoted else _field(word, value, variables) for word, quoted in words]
    head, quoted = words[0]
    if quoted:
        return arguments[0]
    if head == "eq":
        return arguments[1] == arguments[2]
    if head == "index":
        return arguments[1].get(arguments[2], "")
    if head == ".Label":
        return value["Labels"].get(arguments[1], "")
    if head == "json" or len(words) > 1 or head[0] not in ".$":
        raise Unknown(expression)
    return arguments[0]


def _field(word, value, variables):
    if word == ".":
        return value
    if word.startswith("$"):
        name, dot, fields = word.partition(".")
        if name not in variables:
            raise Unknown(word)
        return _field(dot + fields, variables[name], variables) if dot else variables[name]
    if not word.startswith(".") or word == ".Label":
        return word
    for name in word[1:].split("."):
        if not isinstance(value, dict) or name not in value:
            raise Unknown(word)
        value = value[name]
    return value
