from snowplow_tracker import SelfDescribing, SelfDescribingJson, Snowplow


class Client:
    def __init__(self, url):
        self.tracker = Snowplow.create_tracker("sp", endpoint=url, app_id="of-snowplow-python")

    def track(self, name, props):
        event = SelfDescribingJson("iglu:com.acme/clicked/jsonschema/1-0-0", {"name": name, **props})
        self.tracker.track(SelfDescribing(event))

    def flush(self):
        self.tracker.flush()

    def close(self):
        self.tracker.flush()
