from pathlib import Path

from leasehold.emulator.guests.inside.messages import (
    FileToWrite,
    Late,
    Script,
    from_memory,
    in_memory,
)


def test_a_stage_goes_through_a_memory_file_unchanged() -> None:
    stage = Late(
        instance="a",
        first_boot=True,
        files=(FileToWrite(path="/a", content=bytes(range(256)) * 2000),),
        scripts=(Script(name="b", content=b"\xff"),),
    )
    assert from_memory(in_memory(stage)) == stage


def test_reading_a_stage_closes_its_descriptor() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    from_memory(in_memory(Late(instance="a", first_boot=False)))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
