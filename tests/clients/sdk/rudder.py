from rudderstack import analytics


class Client:
    def __init__(self, url):
        analytics.write_key = "of-rudder-python"
        analytics.dataPlaneUrl = url

    def track(self, name, props):
        analytics.track("visitor", name, props)

    def flush(self):
        analytics.flush()

    def close(self):
        analytics.shutdown()
