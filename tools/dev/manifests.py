#!/usr/bin/env python3
"""Holds packaging/kubernetes against the types of Kubernetes, and its parts against each other.

The types are those of Debian's Python client for Kubernetes (python3-kubernetes), which are made from the API's own description:
every member must exist, be of its type, and be there if it has to. Of the PodMonitor, which is no part of Kubernetes, only that it
fits the Deployment. Besides: labels, names of ports and of the Secret fit, and every variable is one of the program's.
"""

import glob
import re
import subprocess
import sys

import yaml
from kubernetes import client

PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "datetime": str, "object": object}


def wrong(value, kind, where):
    """What is not as the type wants it."""
    if found := re.fullmatch(r"list\[(.*)\]", kind):
        if not isinstance(value, list):
            yield f"{where}: is no list"
            return
        for number, element in enumerate(value):
            yield from wrong(element, found[1], f"{where}[{number}]")
    elif found := re.fullmatch(r"dict\(str, (.*)\)", kind):
        for key, element in value.items():
            yield from wrong(element, found[1], f"{where}.{key}")
    elif kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{where}: {value!r} is no {kind}"
    elif not isinstance(value, dict):
        yield f"{where}: {value!r} is no {kind}"
    else:
        yield from wrong_object(value, getattr(client, kind), where)


def wrong_object(value, model, where):
    members = {name: member for member, name in model.attribute_map.items()}
    for name, element in value.items():
        if name not in members:
            yield f"{where}: {model.__name__} has no member {name}"
        else:
            yield from wrong(element, model.openapi_types[members[name]], f"{where}.{name}")
    try:  # which tells what is missing, and of some members what they must be
        model(**{members[name]: element for name, element in value.items() if name in members})
    except ValueError as error:
        yield f"{where}: {error}"


MODELS = {("apps/v1", "Deployment"): "V1Deployment", ("v1", "Secret"): "V1Secret",
          ("policy/v1", "PodDisruptionBudget"): "V1PodDisruptionBudget"}


def wrong_types(objects):
    for (version, kind), document in objects.items():
        if kind != "PodMonitor":
            yield from wrong(document, MODELS[version, kind], kind)


def wrong_together(objects):
    by_kind = {kind: document for (_, kind), document in objects.items()}
    deployment, monitor = by_kind["Deployment"]["spec"], by_kind["PodMonitor"]["spec"]
    pod = deployment["template"]["spec"]
    container, = pod["containers"]
    labels = deployment["template"]["metadata"]["labels"]
    for name, selector in {
            "Deployment": deployment["selector"], "PodMonitor": monitor["selector"],
            "PodDisruptionBudget": by_kind["PodDisruptionBudget"]["spec"]["selector"],
            "spread": pod["topologySpreadConstraints"][0]["labelSelector"]}.items():
        if not selector["matchLabels"].items() <= labels.items():
            yield f"{name} selects {selector['matchLabels']}, but pods have {labels}"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for port in [container["livenessProbe"]["httpGet"]["port"], container["readinessProbe"]["httpGet"]["port"],
                 *(endpoint["port"] for endpoint in monitor["podMetricsEndpoints"])]:
        if port not in ports:
            yield f"there is no port {port}"
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    if variables["TRIBUTARY_HTTP"] != f"*:{ports['http']}":
        yield f"TRIBUTARY_HTTP is {variables['TRIBUTARY_HTTP']}, the port http is {ports['http']}"
    known = subprocess.run(["build/release/tributary", *container["args"], "--help"], capture_output=True, text=True).stdout
    for name in variables:
        if name != "TRIBUTARY_HTTP" and not re.search(rf"\b{name.removeprefix('TRIBUTARY_')}\b", known):
            yield f"{name} is no variable of tributary {' '.join(container['args'])}"
    secret = by_kind["Secret"]
    files = {f"{mount['mountPath']}/{key}" for mount in container["volumeMounts"] for volume in pod["volumes"]
             for key in secret["stringData"]
             if volume["name"] == mount["name"] and volume["secret"]["secretName"] == secret["metadata"]["name"]}
    if variables["TRIBUTARY_REDIS_PASSWORD_FILE"] not in files:
        yield f"TRIBUTARY_REDIS_PASSWORD_FILE is {variables['TRIBUTARY_REDIS_PASSWORD_FILE']}, the Secret is {files}"


def main():
    objects = {}
    for name in sorted(glob.glob("packaging/kubernetes/*.yaml")):
        with open(name) as file:
            for document in yaml.safe_load_all(file):
                objects[document["apiVersion"], document["kind"]] = document
    found = [*wrong_types(objects)] or [*wrong_together(objects)]
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
