"""A made population for cohort queries: facts first, FHIR and DICOM from them, and the answer by plain Python.

The same seed and size give the same population. `truth` looks at the facts alone, never at a server.
"""

import datetime
import random

from images import make_image

AS_OF = datetime.date(2026, 11, 24)
SYSTEM = "urn:lakeside:mrn"
SNOMED = "http://snomed.info/sct"
OSTEOSARCOMA, OTHER_DISEASE = "307576001", "38341003"
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
WAYS = ("study", "identifier", "order", "request", "none")

QUESTION = {
    "name": "osteosarcoma-ct", "asOf": AS_OF.isoformat(), "patient": {"age": {"gt": 45}},
    "clinical": [{"as": "diagnosis", "search": f"Condition?code={SNOMED}|{OSTEOSARCOMA}", "within": {"from": "-P2Y"}}],
    "imaging": [{"as": "ct", "match": {"Modality": "CT"}, "min": 0}],
    "return": [{"as": "medications", "search": "MedicationRequest"},
               {"as": "reports", "search": "DiagnosticReport", "of": "ct"}]}


def day(rng, first, last):
    return first + datetime.timedelta(days=rng.randrange((last - first).days + 1))


def make_diagnosis(rng, code):
    """onset: None, a date, or (start, end or None); recorded: None or a date."""
    recent, old = day(rng, datetime.date(2024, 11, 24), AS_OF), day(rng, datetime.date(2015, 1, 1), datetime.date(2024, 11, 23))
    onset, recorded = rng.choice([
        (recent, recent), (recent, recent), (recent, None), (None, recent), (None, old), (old, recent), (old, old), (None, None),
        ((old, None), old), ((old, recent), old), ((old, old), recent),
        (datetime.date(2024, 11, 24), None), (datetime.date(2024, 11, 23), None)])
    return {"code": code, "onset": onset, "recorded": recorded,
            "verification": rng.choice(["confirmed"] * 8 + ["refuted", "entered-in-error"])}


def make_patient(rng, number, diseased):
    """The facts of one patient; every list may be empty."""
    born = day(rng, datetime.date(1940, 1, 1), datetime.date(2010, 12, 31))
    precision = rng.choice([10] * 17 + [7, 4, 0])
    key = f"{number:06}"
    patient = {"id": f"p{key}", "mrn": f"LK-{key}", "birth": born.isoformat()[:precision], "diagnoses": [],
               "medications": [], "studies": [], "reports": []}
    if diseased:
        patient["diagnoses"].append(make_diagnosis(rng, OSTEOSARCOMA))
    patient["diagnoses"] += [make_diagnosis(rng, OTHER_DISEASE) for _ in range(rng.randrange(2))]
    for n in range(rng.randrange(3 if diseased else 2)):
        patient["medications"].append({"id": f"m{key}-{n}", "date": day(rng, datetime.date(2020, 1, 1), AS_OF),
                                       "status": rng.choice(["active", "completed", "stopped", "entered-in-error"])})
    for n in range(rng.randrange(4) if diseased else rng.randrange(10) // 9):
        modalities = rng.choice([("CT",), ("CT",), ("MR",), ("PT", "CT")])
        patient["studies"].append({"id": f"s{key}-{n}", "uid": f"2.25.77{key}{n}", "modalities": modalities,
                                   "accession": f"A{key}{n}", "date": day(rng, datetime.date(2023, 1, 1), AS_OF),
                                   "in_fhir": rng.random() < 0.8})
    for study in patient["studies"]:
        way = rng.choice(WAYS)
        if way != "study" or study["in_fhir"]:
            patient["reports"].append({"id": f"r{study['id']}", "study": study, "way": way})
    return patient


def make_population(count, diseased, seed=7):
    """`diseased` of `count` patients, spread evenly, have the disease."""
    chosen = {position * count // diseased for position in range(diseased)}
    return [make_patient(random.Random(f"{seed}/{number}"), number, number in chosen) for number in range(count)]


# ---------------------------------------------------------------------------------------------- the answer


def surely_older_than(birth, years):
    if not birth:
        return False
    last = {4: f"{birth}-12-31", 7: f"{birth}-28", 10: birth}[len(birth)]
    youngest = datetime.date.fromisoformat(last)
    if len(birth) == 7:
        while (youngest + datetime.timedelta(days=1)).month == youngest.month:
            youngest += datetime.timedelta(days=1)
    age = AS_OF.year - youngest.year - ((AS_OF.month, AS_OF.day) < (youngest.month, youngest.day))
    return age > years


def is_recent(diagnosis):
    first = datetime.date(AS_OF.year - 2, AS_OF.month, AS_OF.day)
    moment = diagnosis["onset"] or diagnosis["recorded"]
    if moment is None:
        return False
    end = moment[1] if isinstance(moment, tuple) else moment
    return end is None or end >= first


def truth(population):
    """Patient id -> what the founding question must return."""
    answer = {}
    for patient in population:
        hits = [d for d in patient["diagnoses"] if d["code"] == OSTEOSARCOMA and is_recent(d)
                and d["verification"] == "confirmed"]
        if not hits or not surely_older_than(patient["birth"], 45):
            continue
        ct = [study for study in patient["studies"] if "CT" in study["modalities"]]
        answer[patient["id"]] = {
            "diagnoses": len(hits), "studies": {study["uid"] for study in ct},
            "medications": {m["id"] for m in patient["medications"] if m["status"] != "entered-in-error"},
            "reports": {(r["id"], r["study"]["uid"]) for r in patient["reports"]
                        if r["way"] != "none" and r["study"] in ct}}
    return answer


# ---------------------------------------------------------------------------------------------- FHIR


def coding(system, code):
    return {"coding": [{"system": system, "code": code}]}


def condition(patient, number, diagnosis):
    resource = {"resourceType": "Condition", "id": f"c{patient['id']}-{number}", "code": coding(SNOMED, diagnosis["code"]),
                "subject": {"reference": f"Patient/{patient['id']}"},
                "verificationStatus": coding(STATUS, diagnosis["verification"])}
    if diagnosis["verification"] != "entered-in-error":
        resource["clinicalStatus"] = coding("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")
    onset = diagnosis["onset"]
    if isinstance(onset, tuple):
        resource["onsetPeriod"] = {name: end.isoformat() for name, end in zip(("start", "end"), onset) if end}
    elif onset:
        resource["onsetDateTime"] = onset.isoformat()
    if diagnosis["recorded"]:
        resource["recordedDate"] = diagnosis["recorded"].isoformat() + "T23:30:00-05:00"
    return resource


def imaging_study(patient, study):
    return {"resourceType": "ImagingStudy", "id": study["id"], "status": "available",
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{study['uid']}"}],
            "subject": {"reference": f"Patient/{patient['id']}"}, "started": study["date"].isoformat()}


def report(patient, fact):
    resource = {"resourceType": "DiagnosticReport", "id": fact["id"], "status": "final", "code": {"text": "Radiology report"},
                "subject": {"reference": f"Patient/{patient['id']}"}, "effectiveDateTime": fact["study"]["date"].isoformat()}
    accession = {"type": ACSN, "value": fact["study"]["accession"]}
    if fact["way"] == "study":
        resource["imagingStudy"] = [{"reference": f"ImagingStudy/{fact['study']['id']}"}]
    if fact["way"] == "identifier":
        resource["identifier"] = [accession]
    if fact["way"] == "order":
        resource["basedOn"] = [{"type": "ServiceRequest", "identifier": accession}]
    if fact["way"] == "request":
        resource["basedOn"] = [{"reference": f"ServiceRequest/o{fact['id']}"}]
    if fact["way"] == "none":
        resource["identifier"] = [{"system": "urn:lakeside:report", "value": fact["study"]["accession"]}]
    return resource


def resources_of(patient):
    subject = {"reference": f"Patient/{patient['id']}"}
    person = {"resourceType": "Patient", "id": patient["id"], "identifier": [{"system": SYSTEM, "value": patient["mrn"]}]}
    if patient["birth"]:
        person["birthDate"] = patient["birth"]
    yield person
    for number, diagnosis in enumerate(patient["diagnoses"]):
        yield condition(patient, number, diagnosis)
    for fact in patient["medications"]:
        yield {"resourceType": "MedicationRequest", "id": fact["id"], "status": fact["status"], "intent": "order",
               "medicationCodeableConcept": {"text": "doxorubicin"}, "subject": subject,
               "authoredOn": fact["date"].isoformat()}
    for study in patient["studies"]:
        if study["in_fhir"]:
            yield imaging_study(patient, study)
    for fact in patient["reports"]:
        if fact["way"] == "request":
            yield {"resourceType": "ServiceRequest", "id": f"o{fact['id']}", "status": "completed", "intent": "order",
                   "subject": subject, "identifier": [{"type": ACSN, "value": fact["study"]["accession"]}]}
        yield report(patient, fact)


def entry_of(base, resource):
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": f"{base}/{url}", "resource": resource, "request": {"method": "PUT", "url": url}}


def transactions(population, base, patients_each=50):
    """Bundles that put everything into the FHIR server at `base`."""
    for begin in range(0, len(population), patients_each):
        yield {"resourceType": "Bundle", "type": "transaction",
               "entry": [entry_of(base, resource) for patient in population[begin:begin + patients_each]
                         for resource in resources_of(patient)]}


# ---------------------------------------------------------------------------------------------- DICOM


def images_of(patient):
    """One object per series."""
    for study in patient["studies"]:
        for number, modality in enumerate(study["modalities"]):
            series = f"{study['uid']}.{number + 1}"
            yield make_image(study["uid"], series, f"{series}.1", PatientID=patient["mrn"], Modality=modality,
                             PatientBirthDate=None, StudyDate=study["date"].strftime("%Y%m%d"), SeriesNumber=number + 1,
                             AccessionNumber=study["accession"])
