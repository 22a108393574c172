"""drive.py FILE URL: an SDK of Python; see drive.mjs."""
import importlib.util
import json
import os
import sys
import threading

sys.path.pop(0)  # this folder
file, url = sys.argv[1:]
spec = importlib.util.spec_from_file_location("sdk", os.path.join(os.path.dirname(os.path.abspath(__file__)), "sdk", file))
sdk = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sdk)
client = sdk.Client(url)
print("open", flush=True)
flushes = []
for line in sys.stdin:
    order = json.loads(line)
    if "track" in order:
        client.track(order["track"], order["props"])
    else:
        flushes.append(threading.Thread(target=client.flush))  # it waits until all is sent
        flushes[-1].start()
for flush in flushes:
    flush.join()
client.close()
