"""Resources that others wrote: some beside the bridge's, some that it may add to. And what became of them."""

import copy
import json

import requests
from images import new_uid

DCM = "http://dicom.nema.org/resources/ontology/DCM"
URI, OTHER = "urn:ietf:rfc:3986", "https://other.example/dicom-web"
WADO_RS = {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "dicom-wado-rs"}

# What a study of others may gain (fhir-sync.md 23.5): absent elements, and members of lists.
FILLED = {"started", "referrer", "description", "location"}
LISTS = {"identifier", "basedOn", "interpreter", "endpoint", "modality", "procedureCode", "reasonCode", "series"}


def decimals():
    """Precision is part of what a decimal says; these are what a number of a program would change."""
    return [{"url": "http://other.example/number", "valueDecimal": f"decimal:{text}"}
            for text in ("1.5690000", "0.1234567890123456789", "-71.0700", "100000000.10", "5.0", "1.50E+2")]


def endpoint(uid, address):
    return {"resourceType": "Endpoint", "id": uid, "status": "active", "connectionType": WADO_RS,
            "name": f"DICOM WADO-RS endpoint {address}", "payloadType": [{"text": "any"}],
            "contact": [{"system": "phone", "value": "555-1"}], "header": ["X-Owner: other"], "address": address}


def strangers(address, study):
    """Resources that the bridge meets in its searches, or might, and has no business with."""
    other = {"reference": "Patient/stranger"}
    of_study = {"system": "urn:dicom:uid", "value": f"urn:oid:{study}"}
    dose = {"coding": [{"system": "http://loinc.org", "code": "73569-6"}]}
    return [
        {"resourceType": "Patient", "id": "stranger", "identifier": [{"system": "urn:other", "value": "1"}]},
        {"resourceType": "Patient", "id": "namesake", "name": [{"use": "usual", "family": "Namesake"}],
         "identifier": [{"system": "urn:elsewhere:mrn", "value": "LK-2207"}], "gender": "unknown"},
        endpoint("other", OTHER), endpoint("longer", f"{address}/more"),
        {"resourceType": "ServiceRequest", "id": "order", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/theirs"}, "identifier": [{"system": "urn:ris", "value": "551"}]},
        {"resourceType": "ServiceRequest", "id": "of-another", "status": "active", "intent": "order", "subject": other,
         "identifier": [{"system": "urn:ris", "value": "551"}]},
        {"resourceType": "ServiceRequest", "id": "second", "status": "active", "intent": "order", "subject": other,
         "identifier": [{"system": "urn:ris", "value": "9"}]},
        {"resourceType": "ImagingStudy", "id": "elsewhere", "status": "available", "subject": other,
         "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{new_uid()}"}], "numberOfSeries": 7},
        {"resourceType": "Observation", "id": "note", "status": "final", "code": {"text": "other"}, "subject": other,
         "identifier": [of_study]},
        {"resourceType": "Observation", "id": "dose", "status": "final", "code": dose, "subject": other,
         "meta": {"source": OTHER}, "identifier": [of_study]},
        {"resourceType": "Observation", "id": "named", "status": "final", "code": dose, "subject": other,
         "identifier": [of_study, {"system": URI, "value": f"urn:oid:{new_uid()}"}]},
    ]


def patient():
    """The patient of the archive's study, as others know it."""
    of_the_value = {"extension": [{"url": "http://other.example/of-the-value", "valueString": "any"}]}
    return {"resourceType": "Patient", "id": "theirs", "active": True,
            "extension": [{"url": "http://other.example/ward", "valueString": "7"}, *decimals()],
            "identifier": [{"use": "usual", "system": "urn:lakeside:mrn", "value": "LK-2207"},
                           {"system": "urn:other:insurance", "value": "X1"}],
            "name": [{"use": "official", "text": "Pieter van Dijk", "family": "van Dijk", "given": ["Pieter"]},
                     {"use": "usual", "text": "Piet", "family": "Dijk", "given": ["Piet"], "suffix": ["Jr."],
                      "_family": of_the_value, "period": {"start": "2001"}}],
            "telecom": [{"system": "phone", "value": "555-2"}], "gender": "unknown", "_gender": of_the_value, "birthDate": "1950-01-01",
            "address": [{"city": "Lakeside"}], "communication": [{"language": {"text": "Dutch"}}]}


def patient_of_the_archive(before, gender):
    """The usual name and the gender are overwritten, nothing is removed (23.4) but what was said of the old values."""
    after = copy.deepcopy(before)
    after["gender"] = gender
    del after["_gender"]
    after["name"][1] = {"use": "usual", "family": "van Dijk", "given": ["Pieter", "Jan", "Maria"], "prefix": ["Dr."],
                        "suffix": ["PhD"], "period": {"start": "2001"}}
    return after


def imaging_study(study, series):
    """The archive's study, as others described it; one of its series they describe for an archive of their own."""
    return {"resourceType": "ImagingStudy", "id": "theirs", "status": "registered",
            "meta": {"source": OTHER}, "subject": {"reference": "Patient/stranger"},
            "identifier": [{"use": "official", "system": URI, "value": f"urn:oid:{study}"}],
            "modality": [{"system": DCM, "code": "CT", "display": "Computed Tomography"}, {"system": DCM, "code": "MR"}],
            "started": "2020-01-01", "basedOn": [{"reference": "ServiceRequest/second", "display": "second"}],
            "description": "theirs", "note": [{"text": "read me"}], "extension": decimals(), "numberOfSeries": 5, "numberOfInstances": 77,
            "endpoint": [{"reference": "Endpoint/other"}], "interpreter": [{"display": "Their Reader"}],
            "series": [{"uid": series, "modality": {"system": DCM, "code": "MR"}, "description": "theirs", "number": 3,
                        "endpoint": [{"reference": "Endpoint/other"}], "numberOfInstances": 2,
                        "instance": [{"uid": new_uid(), "number": n, "title": "theirs",
                                      "sopClass": {"system": URI, "code": "urn:oid:1.2.840.10008.5.1.4.1.1.4"}}
                                     for n in (1, 2)]}]}


def raw(fhir, resource):
    """Bytes as the server gives them, version and time of the last change included."""
    reply = requests.get(f"{fhir.base}/{resource['resourceType']}/{resource['id']}", timeout=30)
    assert reply.ok, reply.text
    return reply.content


def read(fhir, resource):
    """Without what the server changes with every write: version, time, and its number of the request in the source."""
    found = json.loads(raw(fhir, resource), parse_float="decimal:{}".format)
    meta = {"source": found["meta"].get("source", "").split("#")[0], **{
        key: value for key, value in found["meta"].items() if key not in ("versionId", "lastUpdated", "source")}}
    return {**found, "meta": meta}


def wrongs(before, after):
    """Elements of a study of others that are not as they were, or that it may not have gained."""
    wrong = []
    for name in sorted({*before, *after}):
        if name not in before:
            allowed = name in FILLED | LISTS
        elif name in LISTS:
            rest = iter(after.get(name, []))
            # Each member is there, as it was and in the same order.
            allowed = all(any(member == other for other in rest) for member in before[name])
        else:
            allowed = name in after and before[name] == after[name]
        if not allowed:
            wrong.append(f"{name}: {before.get(name)} / {after.get(name)}")
    return wrong
