"""Holds a running portal against its contract: schemathesis, each request signed as a registered camera.

    run.py PROGRAM CONTRACT [CASES]

PROGRAM is the portal, which is started on a loopback port and ended afterwards. Fails when an answer is not in the
contract or does not fit it, and when an operation was never answered with 2xx.
"""

import collections
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile

import requests
from camera import Key, Proof

HERE = pathlib.Path(__file__).parent
PASSWORD = "a password of the contract"


def prepare(url: str) -> dict:
    """Registers a camera and claims it as an operator does; what the hooks have to know."""
    number = secrets.randbelow(2**250) + 1
    key = Key(number)
    registration = {
        "serial": "B8A44F00C0DE",
        "model": "Contract",
        "architecture": "aarch64",
        "os": "12.11.77",
        "app": {"name": "c2c", "version": "1"},
    }
    registered = requests.post(f"{url}/v1/devices", json=registration, auth=Proof(url, key), timeout=10).json()
    operator = requests.Session()
    operator.post(f"{url}/login", data={"name": "ada", "password": PASSWORD}, timeout=10).raise_for_status()
    page = operator.get(f"{url}/claim", timeout=10).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page).group(1)
    claim = {"csrf": csrf, "code": registered["user_code"]}
    operator.post(f"{url}/claim", data=claim, timeout=10).raise_for_status()
    return {"PORTAL_URL": url, "PORTAL_KEY": str(number), "PORTAL_DEVICE": registered["device_id"]}


def unanswered(contract: str, answers: pathlib.Path) -> list[str]:
    """The operations that were never answered with 2xx; prints what was answered how often."""
    counted = collections.defaultdict(collections.Counter)
    for line in answers.read_text(encoding="utf-8").splitlines():
        method, path, status = json.loads(line)
        counted[f"{method} {path}"][status] += 1
    for operation, statuses in sorted(counted.items()):
        print(f"  {operation}: " + ", ".join(f"{status} x{many}" for status, many in sorted(statuses.items())))
    text = pathlib.Path(contract).read_text(encoding="utf-8")
    paths = re.findall(r"^  (/\S+):$", text, re.M)
    methods = {path: re.findall(r"^    (get|put|post):$", rest, re.M) for path, rest in
               zip(paths, re.split(r"^  /\S+:$", text, flags=re.M)[1:])}
    wanted = [f"{method.upper()} {path}" for path in paths for method in methods[path]]
    return [one for one in wanted if not any(200 <= status < 300 for status in counted.get(one, {}))]


def main() -> int:
    """Starts, asks, counts."""
    program, contract = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
    cases = sys.argv[3] if len(sys.argv) > 3 else "40"
    with tempfile.TemporaryDirectory(prefix="c2c-contract-") as folder:
        password = pathlib.Path(folder, "password")
        password.write_text(PASSWORD, encoding="utf-8")
        command = [program, "serve", "--listen", "127.0.0.1:0", "--data", f"{folder}/data", "--operator", "ada"]
        with subprocess.Popen([*command, "--password-file", password], stdout=subprocess.PIPE, text=True) as portal:
            try:
                ready = next(line for line in portal.stdout if line.startswith("Ready "))
                url = ready.split()[1].rstrip("/")
                answers = pathlib.Path(folder, "answers")
                answers.touch()
                environment = {
                    **os.environ,
                    **prepare(url),
                    "PORTAL_ANSWERS": str(answers),
                    "PYTHONPATH": str(HERE),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "SCHEMATHESIS_HOOKS": "hooks",
                }
                checks = "not_a_server_error,status_code_conformance,content_type_conformance,"
                checks += "response_headers_conformance,response_schema_conformance,negative_data_rejection"
                command = [pathlib.Path(sys.executable).with_name("schemathesis"), "run", contract, "--url", url,
                           "--checks", checks, "--max-examples", cases, "--phases", "examples,coverage,fuzzing",
                           "--seed", "1", "--no-color", "--suppress-health-check", "all"]
                found = subprocess.run(command, env=environment, cwd=folder, check=False).returncode
                never = unanswered(contract, answers)
            finally:
                portal.terminate()
    for operation in never:
        print(f"never answered with 2xx: {operation}")
    return 1 if found or never else 0


if __name__ == "__main__":
    sys.exit(main())
