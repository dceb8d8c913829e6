"""The bridge logs in at the FHIR server by the identity that a cloud manages for its machine."""

import os
import subprocess

import pytest
from fhir_server import eventually
from guarded_server import GuardedServer, IdentityServer
from images import make_image, new_uid
from processes import Cast


@pytest.fixture
def guarded(fhir):
    server = GuardedServer(fhir.base)
    yield server
    server.stop()


def test_tokens_of_the_machine_open_the_fhir_server(binary, archive, fhir, guarded, tmp_path):
    """An endpoint that is being updated (410) is waited for; a token that is refused is replaced by a new one."""
    identity = IdentityServer(guarded.tokens.add, [410])
    cast = Cast(binary, archive.base, guarded.base, tmp_path / "state.db", fhir__auth="managed_identity",
                fhir__auth_resource="urn:fhir", fhir__auth_client_id="c 1", managed_identity__endpoint=identity.url)
    try:
        first, second = new_uid(), new_uid()
        archive.store(make_image(first, new_uid(), new_uid()))
        assert eventually(lambda: fhir.study(first), 60)
        assert len(identity.issued) == 1, "one token serves for many requests"
        query, headers = identity.asked[-1]
        assert query == {"api-version": "2018-02-01", "resource": "urn:fhir", "client_id": "c 1"}
        assert headers["Metadata"] == "true" and "X-IDENTITY-HEADER" not in headers
        guarded.tokens.clear()
        archive.store(make_image(second, new_uid(), new_uid()))
        assert eventually(lambda: fhir.study(second), 60)
        assert len(identity.issued) == 2 and set(guarded.seen) == {"token-1", "token-2"}
    finally:
        cast.stop()
        identity.stop()


def test_a_hosting_service_says_where_and_how_in_the_environment(binary, guarded, tmp_path):
    identity = IdentityServer(guarded.tokens.add)
    definition = tmp_path / "definition.json"
    definition.write_text('{"patient": {"age": {"gt": 45}}}', encoding="utf-8")
    try:
        done = subprocess.run([binary, "cohort", "run", str(definition), "--fhir", guarded.base, "--set", "log.level=error"],
                              env={**os.environ, "IDENTITY_ENDPOINT": identity.url, "IDENTITY_HEADER": "s3cret",
                                   "Fhir__Authentication__Enabled": "true",
                                   "Fhir__Authentication__AuthenticationType": "ManagedIdentity",
                                   "Fhir__Authentication__ManagedIdentityCredential__Resource": "urn:fhir"},
                              capture_output=True, text=True, timeout=60, check=False)
    finally:
        identity.stop()
    assert done.returncode == 0, done.stderr
    (query, headers), = identity.asked
    assert query == {"api-version": "2019-08-01", "resource": "urn:fhir"}
    assert headers["X-IDENTITY-HEADER"] == "s3cret" and "Metadata" not in headers
    assert "token-1" in guarded.seen


def test_a_secret_of_the_machine_is_not_asked_for_in_the_open(binary, guarded, tmp_path):
    definition = tmp_path / "definition.json"
    definition.write_text('{"patient": {"age": {"gt": 45}}}', encoding="utf-8")
    command = [binary, "cohort", "run", str(definition), "--fhir", guarded.base, "--set", "fhir.auth=managed_identity",
               "--set", "fhir.auth_resource=urn:fhir", "--set", "managed_identity.endpoint=http://identity.test/token"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "managed_identity.endpoint must be https" in done.stderr
    assert guarded.seen == []
