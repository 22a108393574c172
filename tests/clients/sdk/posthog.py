import posthog


class Client:
    def __init__(self, url):
        self.client = posthog.Posthog("phc_of_python", host=url)

    def track(self, name, props):
        self.client.capture(name, distinct_id="visitor", properties=props)

    def flush(self):
        self.client.flush()

    def close(self):
        self.client.shutdown()
