"""Asks a running Prometheus everything that a generated tree would ask it, and reads the files that Grafana would read.

usage: questions.py TREE PROMETHEUS_URL PROVISIONING_JSON

One line per assertion, "N passed, N failed" at the end; exit 1 when one failed. PROVISIONING_JSON holds what stands in the
YAML files of Grafana's provisioning: {"datasources": …, "dashboards": …}. Changes nothing.
"""

import json
import pathlib
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# What a healthy server never reports, or not within the minute that a test lasts.
MAY_BE_EMPTY = {
    "count by (alertname, alertstate) (ALERTS)": "there are series only while an alert waits or fires",
}
# Alerts ask for these; Prometheus and Alertmanager make the series when it happens, or not in this kernel.
MAY_BE_ABSENT = {"ALERTS"}
# For all that is waited for together: what never comes must not be waited for again and again.
DEADLINE = time.monotonic() + 90


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def holds(self, what, true, otherwise=""):
        if true:
            self.passed += 1
            print(f"ok      {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {what}: {otherwise}", flush=True)


class Prometheus:
    def __init__(self, url):
        self.url = url

    def ask(self, path, **parameters):
        """The data, or the error as a string."""
        try:
            query = urllib.parse.urlencode(parameters)
            with urllib.request.urlopen(f"{self.url}{path}?{query}", timeout=20) as answer:
                return json.load(answer)["data"], None
        except urllib.error.HTTPError as error:
            return None, error.read().decode(errors="replace")[:300]
        except OSError as error:
            return None, str(error)

    def series(self, expression):
        data, error = self.ask("/api/v1/query", query=expression)
        return (data["result"] if data and data["resultType"] != "scalar" else data, error)

    def curve(self, expression):
        now = time.time()
        data, error = self.ask("/api/v1/query_range", query=expression, start=now - 300, end=now, step=5)
        return (data["result"] if data else data, error)


def until(answers):
    """Asks again until something comes back: a rate needs two scrapes, and a probe its turn."""
    while True:
        result, error = answers()
        if error or result or time.monotonic() > DEADLINE:
            return result, error
        time.sleep(1)


def selectors(node):
    """Every selector of a parsed expression."""
    if isinstance(node, list):
        for child in node:
            yield from selectors(child)
    elif isinstance(node, dict):
        if node.get("type") in ("vectorSelector", "matrixSelector"):
            yield node
            return
        for child in node.values():
            yield from selectors(child)


def check_datasources(report, provisioning):
    found = provisioning["datasources"]
    sources = found.get("datasources", [])
    uids = [source.get("uid") for source in sources]
    report.holds("data sources: apiVersion 1", found.get("apiVersion") == 1, found.get("apiVersion"))
    report.holds("data sources: uids are there, each once", all(uids) and len(set(uids)) == len(uids), uids)
    report.holds("data sources: exactly one is the default", sum(bool(it.get("isDefault")) for it in sources) == 1)
    allowed = {"name", "uid", "type", "access", "url", "isDefault", "editable", "jsonData", "orgId", "version"}
    for source in sources:
        name = source.get("name")
        report.holds(f"data source {name}: of a kind that Grafana has", source.get("type") in ("prometheus", "alertmanager"), source)
        report.holds(f"data source {name}: asked by Grafana, not by the browser", source.get("access") == "proxy", source)
        report.holds(f"data source {name}: no unknown key", not set(source) - allowed, set(source) - allowed)
        other = source.get("jsonData", {}).get("alertmanagerUid")
        report.holds(f"data source {name}: names only data sources that exist", other is None or other in uids, other)
    return set(uids)


def check_providers(report, provisioning):
    found = provisioning["dashboards"]
    providers = found.get("providers", [])
    report.holds("providers: apiVersion 1, at least one", found.get("apiVersion") == 1 and len(providers) > 0, found)
    allowed = {"name", "orgId", "folder", "folderUid", "type", "disableDeletion", "updateIntervalSeconds", "allowUiUpdates", "options"}
    for provider in providers:
        name = provider.get("name")
        report.holds(f"provider {name}: reads files of a folder", provider.get("type") == "file" and provider.get("options", {}).get("path"), provider)
        report.holds(f"provider {name}: no unknown key", not set(provider) - allowed, set(provider) - allowed)


def overlap(one, other):
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def check_shape(report, name, board, uids):
    panels = board.get("panels", [])
    report.holds(f"{name}: uid, title and version of the schema", re.fullmatch(r"[\w-]{1,40}", board.get("uid", "")) and board.get("title")
                 and isinstance(board.get("schemaVersion"), int), board.get("uid"))
    ids = [panel.get("id") for panel in panels]
    report.holds(f"{name}: panels have ids, each once", panels and all(ids) and len(set(ids)) == len(ids), ids)
    places = [panel["gridPos"] for panel in panels]
    report.holds(f"{name}: panels fit the 24 columns", all(0 <= it["x"] and it["x"] + it["w"] <= 24 for it in places), places)
    report.holds(f"{name}: no panel covers another", not any(overlap(a, b) for i, a in enumerate(places) for b in places[:i]), places)
    for panel in panels:
        targets = panel.get("targets", [])
        letters = [target.get("refId") for target in targets]
        named = {source.get("uid") for source in [panel.get("datasource", {}), *(it.get("datasource", {}) for it in targets)]}
        report.holds(f"{name} {panel['id']}: has queries, each with a letter of its own", targets and len(set(letters)) == len(letters), letters)
        report.holds(f"{name} {panel['id']}: asks data sources that are provisioned", named <= uids, named - uids)


def check_queries(report, prometheus, name, board):
    for panel in board.get("panels", []):
        for target in panel.get("targets", []):
            expression = target["expr"]
            ask = prometheus.series if panel["type"] == "stat" or target.get("instant") else prometheus.curve
            result, error = ask(expression)
            what = f"{name} {panel['id']}{target['refId']}: {expression}"
            report.holds(f"{what}: is executed", error is None, error)
            if error is None and expression not in MAY_BE_EMPTY:
                result, error = until(lambda: ask(expression))
                report.holds(f"{what}: draws something", bool(result), error or "no series")


def alerts_of(groups):
    return [(group["name"], rule) for group in groups for rule in group["rules"]]


def check_rules(report, prometheus, tree):
    written = sum(len(re.findall(r"^ *- alert:", file.read_text(), re.M))
                  for file in sorted((tree / "common/monitoring/prometheus/rules").glob("*.yml")))
    data, error = prometheus.ask("/api/v1/rules")
    rules = alerts_of(data["groups"]) if data else []
    report.holds(f"Prometheus took all {written} alerts of the tree", written > 0 and len(rules) == written, error or len(rules))

    def evaluated():
        data, error = prometheus.ask("/api/v1/rules")
        return (data if data and all(rule["health"] != "unknown" for _, rule in alerts_of(data["groups"])) else None), error
    data, error = until(evaluated)
    for group, rule in alerts_of(data["groups"]) if data else rules:
        what = f"alert {group}/{rule['name']} ({rule['labels'].get('severity')})"
        report.holds(f"{what}: was evaluated without an error", rule["health"] == "ok", rule.get("lastError") or rule["health"])
        _, error = prometheus.series(rule["query"])
        report.holds(f"{what}: is executed", error is None, error)
        tree_of_it, error = prometheus.ask("/api/v1/parse_query", query=rule["query"])
        report.holds(f"{what}: is parsed", error is None, error)
        for name in sorted({selector["name"] for selector in selectors(tree_of_it)} - MAY_BE_ABSENT):
            result, error = until(lambda: prometheus.series(f"count({name})"))
            report.holds(f"{what}: somebody reports {name}", bool(result), error or "no series")


def check_targets(report, prometheus):
    def all_up():
        data, error = prometheus.ask("/api/v1/targets", state="active")
        targets = data["activeTargets"] if data else []
        return (targets if targets and all(it["health"] == "up" for it in targets) else None), error
    until(all_up)
    data, _ = prometheus.ask("/api/v1/targets", state="active")
    for target in data["activeTargets"]:
        labels = target["labels"]
        report.holds(f"target {labels['job']} {labels['instance']}: answers", target["health"] == "up", target["lastError"] or target["health"])


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    tree, prometheus = pathlib.Path(sys.argv[1]), Prometheus(sys.argv[2])
    provisioning = json.loads(pathlib.Path(sys.argv[3]).read_text())
    report = Report()
    uids = check_datasources(report, provisioning)
    check_providers(report, provisioning)
    boards = {path.stem: json.loads(path.read_text()) for path in sorted((tree / "common/monitoring/grafana/dashboards").glob("*.json"))}
    board_uids = [board.get("uid") for board in boards.values()]
    report.holds("dashboards: there are some, each with a uid of its own", boards and len(set(board_uids)) == len(board_uids), board_uids)
    for name, board in boards.items():
        check_shape(report, name, board, uids)
    check_targets(report, prometheus)
    for name, board in boards.items():
        check_queries(report, prometheus, name, board)
    check_rules(report, prometheus, tree)
    print(f"{report.passed} {report.failed}", file=sys.stderr)
    sys.exit(report.failed > 0)


main()
