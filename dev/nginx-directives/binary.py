"""Reads the ngx_command_t tables out of an nginx program or a module of it (ELF, x86-64).

The tables are what nginx itself looks a directive up in, so they say exactly what this build knows. Layouts: ngx_module_s
in src/core/ngx_module.h, ngx_command_s in src/core/ngx_conf_file.h of nginx's source.
"""
import struct
from dataclasses import dataclass, field

PT_LOAD, SHT_RELA, SHT_DYNSYM = 1, 4, 11
R_64, R_GLOB_DAT, R_RELATIVE = 1, 6, 8


@dataclass
class Command:
    module: str
    family: str  # CORE, CONF, EVNT, HTTP, MAIL, STRM
    name: str
    type: int
    handler: str  # the exported function, or "" for one private to its module
    words: list = field(default_factory=list)  # of an enum or bitmask handler


class Binary:
    def __init__(self, path):
        data = open(path, "rb").read()
        phoff, shoff = struct.unpack_from("<QQ", data, 32)
        phentsize, phnum, shentsize, shnum = struct.unpack_from("<HHHH", data, 54)
        headers = [struct.unpack_from("<IIQQQQQQ", data, phoff + i * phentsize) for i in range(phnum)]
        loads = [h for h in headers if h[0] == PT_LOAD]
        self.memory = bytearray(max(h[3] + h[6] for h in loads))
        for _, _, offset, address, _, size, _, _ in loads:
            self.memory[address:address + size] = data[offset:offset + size]
        sections = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * shentsize) for i in range(shnum)]
        table = next(s for s in sections if s[1] == SHT_DYNSYM)
        strings = sections[table[6]][4]
        self.symbols, self.functions, names = {}, {}, []
        for i in range(table[5] // 24):
            name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", data, table[4] + i * 24)
            text = data[strings + name:data.index(b"\0", strings + name)].decode()
            names.append((text, value))
            if value:
                self.symbols[text] = value
                self.functions[value] = text
        self.imports = {}  # address of a pointer -> the symbol another file provides
        for s in sections:
            if s[1] != SHT_RELA:
                continue
            for at in range(s[4], s[4] + s[5], 24):
                where, info, addend = struct.unpack_from("<QQq", data, at)
                symbol, value = names[info >> 32]
                if info & 0xFFFFFFFF == R_RELATIVE:
                    struct.pack_into("<Q", self.memory, where, addend)
                elif info & 0xFFFFFFFF in (R_64, R_GLOB_DAT):
                    struct.pack_into("<Q", self.memory, where, value + addend)
                    if not value:
                        self.imports[where] = symbol

    def word(self, at):
        return struct.unpack_from("<Q", self.memory, at)[0]

    def text(self, at):
        return self.memory[at:self.memory.index(b"\0", at)].decode()

    def named_words(self, at):
        """An array of ngx_conf_enum_t or ngx_conf_bitmask_t: name, value; ends with an empty name."""
        while at and self.word(at):
            yield self.text(self.word(at + 8))
            at += 24

    def commands(self):
        modules, names = self.symbols["ngx_modules"], self.symbols["ngx_module_names"]
        while self.word(modules):
            module, at = self.word(modules), self.word(self.word(modules) + 64)
            family = struct.pack("<I", self.word(module + 72)).decode()
            while at and self.word(at):
                handler = self.imports.get(at + 24) or self.functions.get(self.word(at + 24), "")
                words = list(self.named_words(self.word(at + 48))) if handler in (
                    "ngx_conf_set_enum_slot", "ngx_conf_set_bitmask_slot") else []
                yield Command(self.text(self.word(names)), family, self.text(self.word(at + 8)),
                              self.word(at + 16), handler, words)
                at += 56
            modules, names = modules + 8, names + 8
