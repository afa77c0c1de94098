"""What C libraries, shells and Windows say in other languages is what they say in English."""

from __future__ import annotations

import pytest

from envsetup.doctor.error_text import explain_error
from envsetup.errors.translate import IN_ENGLISH
from envsetup.knowledge import load

TOLD = [
    ("libcudart.so.12: 无法打开共享对象文件: 没有那个文件或目录", "CU101"),
    ("libcudnn.so.8: no se puede abrir el archivo del objeto compartido", "CU105"),
    ("-bash: nvcc: commande introuvable", "CU109"),
    ("'nvcc' 不是内部或外部命令，也不是可运行的程序或批处理文件。", "CU109"),
    ('"cl" n’est pas reconnu en tant que commande interne ou externe', "WN106"),
    ("bash: nvidia-smi: Kommando nicht gefunden.", "DR101"),
    ("Недопустимая инструкция (стек памяти сброшен на диск)", "CP101"),
    ("OSError: [WinError 126] Le module spécifié est introuvable. torch\\lib\\c10.dll", "WN101"),
    ("ERROR: Auf dem Gerät ist kein Speicherplatz mehr verfügbar", "ST101"),
    ("Getötet", "CT108"),
]


@pytest.mark.parametrize(("text", "code"), TOLD)
def test_the_language_of_the_system_changes_nothing(text: str, code: str) -> None:
    assert explain_error(text, None, load())[0].code == code


def test_no_english_message_holds_one_of_another_language() -> None:
    for english in set(IN_ENGLISH.values()):
        assert not [said for said in IN_ENGLISH if said in english.lower()]
