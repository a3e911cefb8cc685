"""Lambda's file system around a function in Python, in a process like that of a function."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lookout_local.functions import places

BEGIN = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("_lookout_places", {places.__file__!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.install()
"""
TOOL = """#!/var/lang/bin/python3.11
import os, sys
import beside
print(beside.NAME, sys.argv, open("/opt/text").read(), os.path.exists("/tmp/of-the-function"))
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A directory with code, two layers and what they hold."""
    for path, content in {
        "code/index.py": "",
        "layer_0/text": "from the first layer",
        "layer_0/only": "here",
        "layer_1/text": "from the second layer",
        "layer_1/tools/tool": TOOL,
        "layer_1/tools/beside.py": "NAME = 'beside'",
        "layer_1/bin/shell": "#!/bin/sh\necho from a tool\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
        (tmp_path / path).chmod(0o755)
    return tmp_path


def output(environment: Path, code: str) -> str:
    """What the code prints in the surroundings of a function."""
    layers = os.pathsep.join(str(environment / name) for name in ("layer_0", "layer_1"))
    variables = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(environment / "code"),
        "_LAMBDA_LAYERS_DIRS": layers,
    }
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print(open('/opt/text').read())", "from the second layer"),
        ("import pathlib; print(pathlib.Path('/opt/only').read_text())", "here"),
        ("import os; print(os.listdir('/var/task'))", "['index.py']"),
        ("import os; print(os.path.isfile(b'/opt/only'), os.path.exists('/opt/nothing'))", "True False"),
        ("import shutil; shutil.copy('/opt/only', '/tmp/copied-here'); print(open('/tmp/copied-here').read())", "here"),
        ("import subprocess; print(subprocess.check_output(['/opt/bin/shell'], text=True))", "from a tool"),
        ("import subprocess; print(subprocess.check_output('shell', text=True))", "from a tool"),
        ("import subprocess; print(subprocess.check_output(['cat', '/opt/only'], text=True))", "here"),
    ],
)
def test_paths_of_lambda_lead_to_code_and_layers(environment: Path, code: str, expected: str) -> None:
    assert output(environment, code) == expected


def test_what_is_new_below_tmp_is_the_function_s_own(environment: Path) -> None:
    output(environment, "open('/tmp/of-this-function', 'w').write('x')")
    assert not Path("/tmp/of-this-function").exists()
    assert (environment / "tmp/of-this-function").read_text() == "x"


def test_what_is_there_below_tmp_is_the_machine_s(environment: Path, tmp_path: Path) -> None:
    output(environment, f"open({str(tmp_path / 'found')!r}, 'w').write('x')")
    assert (tmp_path / "found").read_text() == "x"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_what_another_user_has_put_below_tmp_is_not_there(environment: Path) -> None:
    """A link would lead what a function writes elsewhere, and a file would be taken for its own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as ours:
        file, link = Path(f"{ours}-file"), Path(f"{ours}-link")
        try:
            file.write_text("planted")
            link.symlink_to(ours)
            for each in (file, link):
                os.chown(each, 65534, 65534, follow_symlinks=False)
            assert output(environment, f"import os; print(os.path.exists({str(file)!r}))") == "False"
            output(environment, f"import os; os.mkdir({str(link)!r}); open({str(link / 'x')!r}, 'w').write('x')")
            assert list(Path(ours).iterdir()) == []
        finally:
            for each in (file, link):
                each.unlink(missing_ok=True)


def test_a_script_for_lambda_s_python_runs_with_ours_in_the_same_surroundings(environment: Path) -> None:
    code = "import subprocess; open('/tmp/of-the-function', 'w'); "
    code += "print(subprocess.check_output(['/opt/tools/tool', 'an argument'], text=True))"
    tool = str(environment / "layer_1/tools/tool")
    assert output(environment, code) == f"beside {[tool, 'an argument']} from the second layer True"


def test_a_failing_script_fails_as_it_would_by_itself(environment: Path) -> None:
    (environment / "layer_1/tools/tool").write_text("#!/var/lang/bin/python3.11\nraise SystemExit(7)\n")
    code = "import subprocess; print(subprocess.run(['/opt/tools/tool']).returncode)"
    assert output(environment, code) == "7"


def test_trees_are_removed_and_walked_as_ever(environment: Path) -> None:
    code = """
import os, shutil
os.makedirs("/tmp/of-a-tree/a/b")
print([names for _, names, _ in os.walk("/tmp/of-a-tree")])
shutil.rmtree("/tmp/of-a-tree")
print(os.path.exists("/tmp/of-a-tree"))
"""
    assert output(environment, code).splitlines() == ["[['a'], ['b'], []]", "False"]
