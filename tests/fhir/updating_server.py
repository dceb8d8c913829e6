"""Stands between the bridge and HAPI, and says what HAPI's capability statement keeps quiet about."""

import json
import uuid

from faulty_server import FaultyServer


class UpdatingServer(FaultyServer):
    """A FHIR server that says of every type that a PUT to a new id creates: the bridge chooses the ids then."""

    def change(self, body):
        body = super().change(body)
        if b'"CapabilityStatement"' not in body[:200]:
            return body
        statement = json.loads(body)
        for kind in statement["rest"][0]["resource"]:
            kind["updateCreate"] = True
        return json.dumps(statement).encode()


def chosen_ids(content):
    """How many resources have ids that a client computes, and how many have others."""
    ids = [uid for found in content.values() for uid in found]
    chosen = [uid for uid in ids if len(uid) == 36 and uuid.UUID(uid).version == 5]
    return len(chosen), len(ids) - len(chosen)
