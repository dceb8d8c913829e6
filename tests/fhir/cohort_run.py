"""Loads a population and asks cohort questions with the command line."""

import concurrent.futures
import json
import subprocess

import requests

from cohort_data import SYSTEM, images_of, transactions


def load(population, fhir, archive, threads=2):
    """Puts the population into a FHIR server (its base) and its studies into an archive."""
    def post(bundle):
        reply = requests.post(fhir, json=bundle, timeout=600, headers={"Content-Type": "application/fhir+json",
                                                                       "Prefer": "return=minimal"})
        assert reply.ok, reply.text[:2000]

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(post, bundle) for bundle in transactions(population, fhir)]:
            done.result()
        for done in [pool.submit(archive.store, *images_of(patient)) for patient in population if patient["studies"]]:
            done.result()


def ask_saved(binary, name, *arguments):
    """The finished process of `isocenter cohort run` for a cohort that a server has saved."""
    return subprocess.run([binary, "cohort", "run", name, *arguments], capture_output=True, text=True, timeout=300,
                          check=False)


def ask(binary, definition, folder, fhir, archive=None, *arguments):
    """The finished process of `isocenter cohort run`."""
    file = folder / "definition.json"
    file.write_text(definition if isinstance(definition, str) else json.dumps(definition), encoding="utf-8")
    settings = ["--set", f"cast.patient_system_id={SYSTEM}", "--set", "log.level=error", "--fhir", fhir]
    if archive:
        settings += ["--dicomweb", f"{archive}/v2"]
    return subprocess.run([binary, "cohort", "run", str(file), *settings, *arguments], capture_output=True, text=True,
                          timeout=300, check=False)


def facts_of(patients):
    """The answer of the founding question in the form of `cohort_data.truth`."""
    return {entry["patient"]["id"]: {
        "diagnoses": len(entry["hits"]["diagnosis"]), "studies": {study["studyInstanceUid"] for study in entry["studies"]},
        "medications": {resource["id"] for resource in entry["resources"]["medications"]},
        "reports": {(reference.split("/")[1], study["studyInstanceUid"]) for study in entry["studies"]
                    for reference in study["reports"]}} for entry in patients}
