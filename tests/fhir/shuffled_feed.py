"""Stands between the bridge and an archive and lets feed entries appear late, as concurrent commits may."""

import json
import re

from faulty_server import FaultyServer


class ShuffledFeed(FaultyServer):
    """Hides entries of `/changefeed` until they are revealed, and calls every `updates`-th create an update; everything
    else passes."""

    def __init__(self, base, seed=1, updates=0):
        super().__init__(base, seed)
        self.hidden, self.updates = set(), updates

    def hide(self, numbers):
        self.hidden = set(numbers)

    def reveal_in_any_order(self, reach, step):
        """Generator: each step reveals `step` of the `reach` lowest hidden numbers, at random."""
        while self.hidden:
            low = sorted(self.hidden)[:reach]
            self.hidden -= set(self.random.sample(low, min(step, len(low))))
            yield len(self.hidden)

    def change(self, body):
        body = super().change(body)
        if not (self.hidden or self.updates) or not re.match(rb'\s*[\[{]', body) or b'"sequence"' not in body.lower():
            return body
        answer = json.loads(body)
        if isinstance(answer, dict):
            return self.latest(answer)
        return json.dumps([self.told(entry) for entry in answer if entry["sequence"] not in self.hidden]).encode()

    def told(self, entry):
        is_update = self.updates and entry["sequence"] % self.updates == 0 and entry["action"] == "Create"
        return {**entry, "action": "Update"} if is_update else entry

    def latest(self, answer):
        """The highest number seen so far stays visible: a feed's end never goes back."""
        visible = [n for n in range(1, answer["sequence"] + 1) if n not in self.hidden]
        return json.dumps({**answer, "sequence": visible[-1] if visible else 0}).encode()
