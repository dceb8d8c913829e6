"""What is wrong with a command line is named, and ends with exit code 2."""

import os

import pytest
from folders import run


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], ["subcommand", "--help"]),
        (["foo"], ["foo", "--help"]),
        (["cohort", "foo"], ["command foo"]),
        (["--foo"], ["option --foo"]),
        (["import", "--foo"], ["option --foo"]),
        (["serve", "foo"], ["foo"]),
        (["serve", "--foo"], ["--foo"]),
        (["import"], ["paths"]),
        (["import", "x", "--parallel", "0"], ["--parallel", "1", "64"]),
        (["import", "x", "--parallel", "many"], ["--parallel", "many"]),
        (["import", "x", "--data", "d", "--server", "http://x"], ["--data", "--server"]),
        (["import", "x", "--data", "d", "--ca-file", "x"], ["--ca-file", "server"]),
        (["serve", "--set", "storage"], ["--set", "storage"]),
    ],
)
def test_a_wrong_command_line_is_named(binary, tmp_path, arguments, words):
    done = run(binary, *arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "", done
    assert all(word in done.stderr for word in words), done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["import", "--help"]])
def test_what_is_asked_for_is_no_error(binary, arguments):
    done = run(binary, *arguments)
    assert done.returncode == 0 and done.stdout and done.stderr == ""


@pytest.mark.parametrize("value", ['["https://a"]', "[https://a]", '["https://a", "https://b"]'])
def test_lists_in_the_form_of_the_file_are_refused_with_a_hint(binary, tmp_path, value):
    data = ("--data", tmp_path / "data", "--port", "0")
    for done in (run(binary, "serve", *data, "--set", f"cors.origins={value}"),
                 run(binary, "serve", *data, env=os.environ | {"ISOCENTER_CORS_ORIGINS": value})):
        assert done.returncode == 2 and "cors.origins" in done.stderr and "comma" in done.stderr, done.stderr


@pytest.mark.parametrize("command", [["serve"], ["import"], ["verify"], ["cast"]])
def test_help_says_how_lists_are_written(binary, command):
    assert "commas" in run(binary, *command, "--help").stdout


@pytest.mark.parametrize("times", [1, 2])
def test_what_follows_a_setting_is_not_part_of_it(binary, tmp_path, times):
    settings = ["--set", "storage.sync=none", "--set", "log.level=error"][: 2 * times]
    (tmp_path / "empty").mkdir()
    done = run(binary, "import", "--data", tmp_path / "data", *settings, tmp_path / "empty")
    assert done.returncode == 0, done.stderr
