"""The files of `dashlint capacity --emit` fit together, hold no secret, and are what their readers expect."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
import yaml

from dashlint.analysis import Analysis
from dashlint.capacity.demand import demand_of
from dashlint.capacity.model import Audience, Budget
from dashlint.capacity.plan import Wanted, plan
from dashlint.report.serving import KINDS, files
from dashlint.sources import read
from dashlint.superset.settings import Settings
from tests.paths import FIXTURES

Files = dict[str, str]


def written(*, asynchronous: bool, pods: bool) -> Files:
    settings = Settings(data_cache_type="RedisCache", given=frozenset({"DATA_CACHE_CONFIG"}))
    source = read([str(FIXTURES / "exports" / "harbour-and-pine")])
    analysis = Analysis(source, settings, None, datetime(2026, 11, 21))
    dashboards = [one for one in analysis.workspace.dashboards if one.title.startswith("Daily")]
    budget = Budget(pod_cpus=1.0) if pods else Budget()
    demand = demand_of(analysis, dashboards, Audience(60.0))
    found = plan(analysis, demand, Wanted(budget, asynchronous=asynchronous, query_seconds=1.0, hours=1))
    return {name: text for kind in KINDS for name, text in files(found, analysis, kind).items()}


@pytest.fixture(scope="module", params=["plain", "asynchronous", "pods"])
def made(request: pytest.FixtureRequest) -> Files:
    return written(asynchronous=request.param == "asynchronous", pods=request.param == "pods")


def containers(made: Files) -> dict[str, dict[str, Any]]:
    documents = list(yaml.safe_load_all(made["superset.yaml"]))
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]
        for one in documents
        if one["kind"] == "Deployment"
    }


def config(made: Files) -> dict[str, Any]:
    """What ``superset_config.py`` sets, its environment made up."""
    names = set(re.findall(r'os\.environ\["(\w+)"\]', made["superset_config.py"]))
    assert "SUPERSET_SECRET_KEY" in names
    source = made["superset_config.py"].replace("import os\n", "")
    source = source.replace("from cachelib.redis import RedisCache", "RedisCache = dict")
    found: dict[str, Any] = {"os": type("os", (), {"environ": {name: f"<{name}>" for name in names}})}
    exec(compile(source, "superset_config.py", "exec"), found)
    return found


def test_timeouts_grow_outwards(made: Files) -> None:
    inner = config(made)["SUPERSET_WEBSERVER_TIMEOUT"]
    gunicorn: dict[str, Any] = {}
    exec(made["gunicorn.conf.py"], gunicorn)
    documents = list(yaml.safe_load_all(made["superset.yaml"]))
    (ingress,) = (one for one in documents if one["kind"] == "Ingress")
    proxy = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"]
    assert inner < gunicorn["timeout"] < int(proxy)
    environment = yaml.safe_load(made["compose.yaml"])["services"]["superset"]["environment"]
    assert environment["GUNICORN_TIMEOUT"] == str(gunicorn["timeout"])
    assert environment["SERVER_WORKER_AMOUNT"] == str(gunicorn["workers"])
    assert environment["SERVER_THREADS_AMOUNT"] == str(gunicorn["threads"])
    assert yaml.safe_load(made["values.yaml"])["extraEnv"].items() <= environment.items()


def test_pools_fit_the_database(made: Files) -> None:
    services = yaml.safe_load(made["compose.yaml"])["services"]
    options = config(made)["SQLALCHEMY_ENGINE_OPTIONS"]
    replicas = services["superset"]["deploy"].get("replicas", 1)
    processes = replicas * int(services["superset"]["environment"]["SERVER_WORKER_AMOUNT"])
    if "superset-worker" in services:
        processes += int(services["superset-worker"]["command"][-1]) + 1
    allowed = int(services["metadata"]["command"][-1].removeprefix("max_connections="))
    assert processes * (options["pool_size"] + options["max_overflow"]) < allowed
    assert options["pool_size"] >= int(services["superset"]["environment"]["SERVER_THREADS_AMOUNT"])


def test_cache_and_queue_are_apart(made: Files) -> None:
    found = config(made)
    assert found["CACHE_CONFIG"]["CACHE_TYPE"] == found["DATA_CACHE_CONFIG"]["CACHE_TYPE"] == "RedisCache"
    prefixes = {found[name]["CACHE_KEY_PREFIX"] for name in ("CACHE_CONFIG", "DATA_CACHE_CONFIG")}
    assert len(prefixes) == 2
    assert "maxmemory-policy allkeys-lru" in made["redis-cache.conf"]
    services = yaml.safe_load(made["compose.yaml"])["services"]
    pods = containers(made)
    if found["CELERY_CONFIG"] is None:
        assert "redis-broker.conf" not in made
        assert not {"redis-broker", "superset-worker"} & (set(services) | set(pods))
        assert yaml.safe_load(made["values.yaml"])["supersetWorker"]["replicas"] == {
            "enabled": True,
            "replicaCount": 0,
        }
        return
    celery = found["CELERY_CONFIG"]
    assert "BROKER" in celery.broker_url
    assert celery.broker_url != celery.result_backend
    assert "maxmemory-policy noeviction" in made["redis-broker.conf"]
    assert "noeviction" in services["redis-broker"]["command"]
    assert "noeviction" in pods["redis-broker"]["command"]
    assert found["FEATURE_FLAGS"] == {"GLOBAL_ASYNC_QUERIES": True}
    assert "superset.tasks.celery_app:app" in " ".join(services["superset-worker"]["command"])


def test_memory_holds_what_is_in_it(made: Files) -> None:
    """Redis has room beside its data, pods are promised what they may take, in every file the same."""
    services = yaml.safe_load(made["compose.yaml"])["services"]
    maxmemory = int(re.findall(r"maxmemory (\d+)mb", made["redis-cache.conf"])[0])
    assert f"{maxmemory}mb" in services["redis-cache"]["command"]
    limit = services["redis-cache"]["deploy"]["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("M")) >= maxmemory + 64
    pods = containers(made)
    for pod in pods.values():
        resources = pod["resources"]
        assert resources["requests"]["memory"] == resources["limits"]["memory"]
        assert float(resources["requests"]["cpu"]) <= float(resources["limits"]["cpu"])
        assert "livenessProbe" in pod
    web = pods["superset"]
    assert web["readinessProbe"]["httpGet"]["path"] == web["livenessProbe"]["httpGet"]["path"] == "/health"
    values = yaml.safe_load(made["values.yaml"])
    assert values["supersetNode"]["resources"] == web["resources"]
    mebibytes = services["superset"]["deploy"]["resources"]["limits"]["memory"]
    assert web["resources"]["limits"]["memory"] == mebibytes.replace("M", "Mi")


def test_no_secret_is_in_them(made: Files) -> None:
    for name, text in made.items():
        for line in text.splitlines():
            if line.lstrip().startswith("#"):
                continue
            bare = re.sub(r"\$\{\w+:\?\}", "$", line)
            assert not re.search(r"://\w*:(?!\$)[^@/]*@", bare), (name, line)
            found = re.search(r"(?i)(password|secret_key|jwt_secret)[\"']?\s*[:=]\s*(\S+)", bare)
            if found:
                value = found.group(2).strip("\"',")
                assert not value or value.startswith(("$", "os.environ")), (name, line)
    helm = yaml.safe_load(made["values.yaml"])
    assert helm["secretEnv"] == {"create": False}
    assert helm["init"]["createAdmin"] is False
    assert helm["configOverrides"]["capacity"] == made["superset_config.py"]
    # Helm runs the text through its templates.
    assert "{{" not in made["superset_config.py"]
