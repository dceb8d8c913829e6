"""What `isocenter cast` and its sub-commands refuse, before anything is asked of a server: exit code 2 and the reason."""

import subprocess

import pytest

SERVERS = ("--set", "dicomweb.endpoint=http://127.0.0.1:9/v2", "--set", "fhir.endpoint=http://127.0.0.1:9/fhir",
           "--set", "cast.targets.research.fhir.endpoint=http://127.0.0.1:9/research")


@pytest.fixture
def refused(binary, tmp_path):
    state = tmp_path / "cast-state.db"
    state.touch()

    def run(*arguments):
        done = subprocess.run([binary, "cast", *arguments, "--set", f"cast.state_path={state}", *SERVERS],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
        assert done.stdout == ""
        return done.stderr

    return run


@pytest.mark.parametrize("entry", ["-1", "x", "1.5", "99999999999999999999"])
def test_an_entry_that_is_none(refused, entry):
    told = refused("--from", entry)
    assert "--from" in told and f"not {entry}" in told and len(told) < 200


@pytest.mark.parametrize("date", ["20240229-20240101", "99999999", "20230229"])
@pytest.mark.parametrize("action", ["--backfill", "--check"])
def test_dates_that_cannot_be(refused, action, date):
    assert date in refused(action, "--date", date)


@pytest.mark.parametrize("action", ["--backfill", "--check"])
def test_a_partition_that_goes_nowhere(refused, action):
    assert "Microsoft.Default" in refused(action, "--partition", "nope")


@pytest.mark.parametrize("command", [("status",), ("dead-letters", "list"), ("dead-letters", "replay", "1")])
def test_a_target_that_there_is_not(refused, command):
    assert "default, research" in refused(*command, "--target", "zz")


@pytest.mark.parametrize("limit", ["0", "-1", "x"])
def test_no_letters_at_all(refused, limit):
    assert "--limit" in refused("dead-letters", "list", "--limit", limit)


@pytest.mark.parametrize("choice", [("--class", "fhir"), ("--study", "1.2")])
def test_one_letter_and_several(refused, choice):
    assert "--class" in refused("dead-letters", "replay", "1", *choice)


def test_a_target_of_the_settings_may_be_looked_at(binary, tmp_path):
    state = tmp_path / "cast-state.db"
    state.touch()
    for target in ("default", "research"):
        done = subprocess.run([binary, "cast", "status", "--target", target, "--set", f"cast.state_path={state}", *SERVERS],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
