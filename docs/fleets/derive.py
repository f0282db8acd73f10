#!/usr/bin/env python3
"""Derives the password of a fleet's device, offline; needs nothing but Python 3.

usage: derive.py REGISTRY_ID FLEET_ID KEY_ID DEVICE_ID < file with the fleet key
       derive.py --check vectors.json
"""

import base64
import hashlib
import hmac
import json
import sys


def derive(key, registry_id, fleet_id, key_id, device_id):
    text = "\0".join(["berth-fleet-1", registry_id, fleet_id, key_id, device_id])
    mac = hmac.new(key.encode("ascii"), text.encode("ascii"), hashlib.sha256).digest()
    return "brf_" + key_id + "_" + base64.urlsafe_b64encode(mac).decode("ascii").rstrip("=")


def check(path):
    with open(path, encoding="ascii") as file:
        vectors = json.load(file)
    for vector in vectors:
        derived = derive(*(vector[name] for name in ("key", "registryId", "fleetId", "keyId", "deviceId")))
        if derived != vector["password"]:
            sys.exit("differs for " + vector["deviceId"] + ": " + derived)
    print(len(vectors), "vectors agree")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        check(sys.argv[2])
    elif len(sys.argv) == 5:
        print(derive(sys.stdin.read().strip(), *sys.argv[1:]))
    else:
        sys.exit(__doc__)
