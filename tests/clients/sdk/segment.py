from segment.analytics.client import Client as Segment


class Client:
    def __init__(self, url):
        self.client = Segment("of-segment-python", host=url)

    def track(self, name, props):
        self.client.track("visitor", name, props)

    def flush(self):
        self.client.flush()

    def close(self):
        self.client.shutdown()
