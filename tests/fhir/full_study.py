"""A study in which every element of fhir-sync.md 23.5 and 23.6 has a value, and the resources it has to become."""

from images import code, content_item, new_uid, number, of_patient_and_study, make_image, part10
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, EncapsulatedPDFStorage, PositronEmissionTomographyImageStorage, \
    XRayRadiationDoseSRStorage

DCM, SCT, LOINC, UCUM = ("http://dicom.nema.org/resources/ontology/DCM", "http://snomed.info/sct", "http://loinc.org",
                         "http://unitsofmeasure.org")
URI, UIDS, MRN = "urn:ietf:rfc:3986", "urn:dicom:uid", "urn:lakeside:mrn"
REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"

# Kinds of values of 23.6: concept (code, designator, meaning), and what is measured or said.
QUANTITIES = [(("113725", "DCM", "Dose (RP) Total"), 0.5, "Gy"),
              (("111637", "DCM", "Accumulated Average Glandular Dose"), 1.5, "mGy"),
              (("113722", "DCM", "Dose Area Product Total"), 0.0012, "Gy.m2"),
              (("113726", "DCM", "Fluoro Dose Area Product Total"), 0.0005, "Gy.m2"),
              (("113727", "DCM", "Acquisition Dose Area Product Total"), 0.0007, "Gy.m2"),
              (("113730", "DCM", "Total Fluoro Time"), 12.5, "s"),
              (("113507", "DCM", "Administered activity"), 370, "MBq"),
              (("113813", "DCM", "CT Dose Length Product Total"), 412.5, "mGy.cm"),
              (("113830", "DCM", "Mean CTDIvol"), 9.75, "mGy"),
              (("123005", "DCM", "Radiopharmaceutical Volume"), 5, "cm3")]
FRAMES, EVENTS = ("113731", "DCM", "Total Number of Radiographic Frames"), ("113812", "DCM", "Total Number of Irradiation Events")
AGENT, NUCLIDE = ("349358000", "SCT", "Radiopharmaceutical agent"), ("89457008", "SCT", "Radionuclide")
ROUTE, PHANTOM = ("410675002", "SCT", "Route of administration"), ("113835", "DCM", "CTDIw Phantom Type")
CTDI, DLP = ("113830", "DCM", "Mean CTDIvol"), ("113838", "DCM", "DLP")
CHEST = {"coding": [{"system": SCT, "code": "51185008", "display": "Chest"}], "text": "Chest"}


def data_set(**attributes):
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def person(value):
    """An item that identifies a person (PS3.3 10.1)."""
    known = code(value, "99LAKE", "staff")
    known.CodingSchemeUID = "1.2.840.99999.7"
    return data_set(PersonIdentificationCodeSequence=[known])


def of_every_instance():
    asked = data_set(AccessionNumber="552", ReasonForTheRequestedProcedure="persistent cough",
                     ReasonForRequestedProcedureCodeSequence=[code("R05", "I10", "Cough")])
    issuer = data_set(UniversalEntityID="1.2.840.99999.1", UniversalEntityIDType="ISO")
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": "Yamada^Tarou^^Dr.^PhD=山田^太郎=やまだ^たろう",
        "IssuerOfAccessionNumberSequence": [issuer], "RequestAttributesSequence": [asked],
        "ReferringPhysicianName": "Byron^Ada^^Dr.^PhD",
        "ReferringPhysicianIdentificationSequence": [person("77")],
        "NameOfPhysiciansReadingStudy": ["Reader^Rita", "", "Third^Tom"],
        "PhysiciansReadingStudyIdentificationSequence": [person("78"), person("79"), person("80")],
        "ProcedureCodeSequence": [code("24627-2", "LN", "CT Chest"), code("24627-2", "LN", "CT Chest")],
        "InstitutionName": "Lakeside", "InstitutionalDepartmentName": "Radiology"}


def said(kind, concept, **value):
    item = content_item(kind, concept)
    for keyword, each in value.items():
        setattr(item, keyword, each)
    return item


def coded(concept, *value):
    return said("CODE", concept, ConceptCodeSequence=[code(*value)])


def container(concept, *items):
    return said("CONTAINER", concept, ContentSequence=list(items))


class FullStudy:
    """Four series: CT (two images), PT, a dose report with two events, and a document without series number."""

    def __init__(self):
        self.study = new_uid()
        self.ct, self.pt, self.sr, self.doc = (new_uid() for _ in range(4))
        self.images = [new_uid(), new_uid()]
        self.pet, self.report, self.document = (new_uid() for _ in range(3))
        self.events = sorted(new_uid() for _ in range(2))

    def files(self):
        every = of_every_instance()
        of_ct = {**every, "SeriesDate": "20240229", "SeriesTime": "134600.5", "BodyPartExamined": "CHEST", "Laterality": "L",
                 "PerformingPhysicianName": "Perform^Paul", "OperatorsName": ["Operate^Olga", "Second^Sam"],
                 "SpecimenDescriptionSequence": [data_set(SpecimenIdentifier=each) for each in ("S-2", "S-1")]}
        yield make_image(self.study, self.doc, self.document, **every, SeriesNumber=None, Modality="OT", SeriesDescription=None,
                         SOPClassUID=EncapsulatedPDFStorage, DocumentTitle="Consent", BodyPartExamined="LEFT TOE")
        yield self.dose_report(every)
        yield make_image(self.study, self.pt, self.pet, **every, SeriesNumber=2, Modality="PT", Laterality="R",
                         SOPClassUID=PositronEmissionTomographyImageStorage, SeriesDescription="whole body",
                         AnatomicRegionSequence=[code("T-D3000", "SRT", "Chest")])
        for at in (1, 0):
            yield make_image(self.study, self.ct, self.images[at], **of_ct, InstanceNumber=at + 1)

    def dose_report(self, every):
        report = of_patient_and_study(self.study, self.sr, self.report)
        for keyword, value in {**every, "SOPClassUID": XRayRadiationDoseSRStorage, "Modality": "SR", "SeriesNumber": 9,
                               "ContentDate": "20240229", "ContentTime": "140000", "ValueType": "CONTAINER",
                               "ContinuityOfContent": "SEPARATE", "CompletionFlag": "COMPLETE",
                               "VerificationFlag": "VERIFIED", "Manufacturer": "Lakeside Devices",
                               "ManufacturerModelName": "Scan 3", "StationName": "CT7"}.items():
            setattr(report, keyword, value)
        # The number of the order stands in the report; the issuer is that of the other one.
        del report.IssuerOfAccessionNumberSequence
        report.ConceptNameCodeSequence = [code("113701", "DCM", "X-Ray Radiation Dose Report")]
        report.ContentSequence = [
            said("TEXT", ("121022", "DCM", "Accession Number"), TextValue="552"),
            said("DATETIME", ("113809", "DCM", "Start of X-Ray Irradiation"), DateTime="20240229134700+0530"),
            said("PNAME", ("113850", "DCM", "Irradiation Authorizing"), PersonName="Author^Anna"),
            coded(("123014", "DCM", "Target Region"), "T-D3000", "SRT", "Chest"),
            container(("113811", "DCM", "CT Accumulated Dose Data"),
                      *[number(concept, str(value), unit) for concept, value, unit in QUANTITIES],
                      number(FRAMES, "0", "{frames}"), number(EVENTS, "2", "{events}"),
                      coded(AGENT, "35321007", "SCT", "Fluorodeoxyglucose"), said("TEXT", NUCLIDE, TextValue="18F"),
                      coded(ROUTE, "47625008", "SCT", "Intravenous route")),
            container(("113819", "DCM", "CT Acquisition"),
                      said("UIDREF", ("113769", "DCM", "Irradiation Event UID"), UID=self.events[0]),
                      said("DATETIME", ("111526", "DCM", "DateTime Started"), DateTime="20240229134705+0530"),
                      coded(("123014", "DCM", "Target Region"), "T-D3000", "SRT", "Chest"),
                      container(("113829", "DCM", "CT Dose"), number(CTDI, "11.25", "mGy"), number(DLP, "410", "mGy.cm"),
                                coded(PHANTOM, "113691", "DCM", "IEC Body Dosimetry Phantom"))),
            container(("113819", "DCM", "CT Acquisition"),
                      said("UIDREF", ("113769", "DCM", "Irradiation Event UID"), UID=self.events[1]))]
        return part10(report)

    def accession(self, value, system=None):
        kind = {"coding": [{"system": f"{TERMINOLOGY}/v2-0203", "code": "ACSN"}]}
        return {"type": kind, **({"system": system} if system else {}), "value": value}

    def imaging_study(self, own, patient, endpoint):
        first = self.accession("551", "urn:oid:1.2.840.99999.1")
        at = [{"reference": endpoint}]

        def staff(display, value):
            known = {"identifier": {"system": "urn:oid:1.2.840.99999.7", "value": value}}
            return {"display": display, **known} if display else known

        def series(uid, modality, *instances, **more):
            return {"uid": uid, "modality": {"system": DCM, "code": modality}, "numberOfInstances": len(instances),
                    "endpoint": at, "instance": list(instances), **more}

        def instance(uid, sop_class, number=1, **more):
            return {"uid": uid, "sopClass": {"system": URI, "code": f"urn:oid:{sop_class}"}, "number": number, **more}

        def performer(function, display):
            coding = [{"system": f"{TERMINOLOGY}/v3-ParticipationType", "code": function}]
            return {"function": {"coding": coding}, "actor": {"display": display}}

        return {
            "resourceType": "ImagingStudy", "meta": {"source": own},
            "identifier": [{"system": UIDS, "value": f"urn:oid:{self.study}"}, first, self.accession("552")],
            "status": "available", "subject": {"reference": patient}, "started": "2024-02-29T13:45:01+05:30",
            "modality": [{"system": DCM, "code": each} for each in ("CT", "OT", "PT", "SR")],
            "basedOn": [{"type": "ServiceRequest", "identifier": first}, {"reference": "ServiceRequest/order"}],
            "referrer": staff("Dr. Ada Byron, PhD", "77"),
            "interpreter": [staff("Rita Reader", "78"), staff("", "79"), staff("Tom Third", "80")],
            "endpoint": at, "numberOfSeries": 4, "numberOfInstances": 5,
            "procedureCode": [{"coding": [{"system": LOINC, "code": "24627-2", "display": "CT Chest"}]}],
            "reasonCode": [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "R05", "display": "Cough"}]},
                           {"text": "persistent cough"}],
            "description": "CT chest", "location": {"display": "Lakeside, Radiology"},
            "series": [
                series(self.ct, "CT", *[instance(uid, CTImageStorage, n + 1) for n, uid in enumerate(self.images)],
                       number=1, description="axial", started="2024-02-29T13:46:00.5+05:30",
                       bodySite={"system": SCT, "code": "816094009", "display": "Chest"},
                       laterality={"system": SCT, "code": "419161000"},
                       performer=[performer("PRF", "Paul Perform"), performer("SPRF", "Olga Operate"),
                                  performer("SPRF", "Sam Second")],
                       specimen=[{"type": "Specimen", "identifier": {"value": each}} for each in ("S-1", "S-2")]),
                series(self.pt, "PT", instance(self.pet, PositronEmissionTomographyImageStorage), number=2,
                       description="whole body", bodySite={"system": SCT, "code": "51185008", "display": "Chest"},
                       laterality={"system": SCT, "code": "419465000"}),
                series(self.sr, "SR", instance(self.report, XRayRadiationDoseSRStorage,
                                               title="X-Ray Radiation Dose Report"), number=9),
                series(self.doc, "OT", instance(self.document, EncapsulatedPDFStorage, title="Consent"),
                       bodySite={"display": "LEFT TOE"})]}

    def observations(self, own, patient, study, ids):
        """By first identifier; `ids` says which id the server has for each."""

        def observation(uid, concept, *identifiers, **more):
            return {"resourceType": "Observation", "meta": {"source": own},
                    "identifier": [{"system": UIDS, "value": f"urn:oid:{each}"} for each in (uid, self.study)] + list(identifiers),
                    "status": "final", "code": concept,
                    "category": [{"coding": [{"system": f"{TERMINOLOGY}/observation-category", "code": "imaging"}]}],
                    "subject": {"reference": patient}, "partOf": [{"reference": study}], "focus": [{"reference": study}],
                    "device": {"display": "Lakeside Devices Scan 3 CT7"}, **more}

        def component(concept, **value):
            system = {"DCM": DCM, "SCT": SCT}[concept[1]]
            return {"code": {"coding": [{"system": system, "code": concept[0]}], "text": concept[2]}, **value}

        def quantity(concept, value, unit):
            return component(concept, valueQuantity={"value": value, "unit": unit, "system": UCUM, "code": unit})

        def concept(system, value, meaning):
            return {"coding": [{"system": system, "code": value, "display": meaning}], "text": meaning}

        event = {"coding": [{"system": DCM, "code": "113852"}], "text": "Irradiation Event"}
        summary = {"coding": [{"system": LOINC, "code": "73569-6"}], "text": "Radiation exposure and protection information"}
        measured = {each[0][0]: quantity(*each) for each in QUANTITIES}
        before, rest = ("113725", "111637", "113722", "113726", "113727", "113730"), ("113507", "113813")
        made = [
            observation(self.report, summary, self.accession("552"), basedOn=[{"reference": "ServiceRequest/order"}],
                        effectiveDateTime="2024-02-29T13:47:00+05:30", performer=[{"display": "Anna Author"}],
                        bodySite=CHEST, hasMember=[{"reference": ids[f"urn:oid:{each}"]} for each in self.events],
                        component=[*[measured[each] for each in before], component(FRAMES, valueInteger=0),
                                   *[measured[each] for each in rest], component(EVENTS, valueInteger=2),
                                   measured["113830"], measured["123005"], component(AGENT, valueString="Fluorodeoxyglucose"),
                                   component(NUCLIDE, valueString="18F"),
                                   component(ROUTE, valueCodeableConcept=concept(SCT, "47625008", "Intravenous route"))]),
            observation(self.events[0], event, effectiveDateTime="2024-02-29T13:47:05+05:30", bodySite=CHEST,
                        component=[quantity(CTDI, 11.25, "mGy"), quantity(DLP, 410, "mGy.cm"),
                                   component(PHANTOM, valueCodeableConcept=concept(DCM, "113691", "IEC Body Dosimetry Phantom"))]),
            observation(self.events[1], event)]
        return {each["identifier"][0]["value"]: each for each in made}


def patient(own):
    def name(representation, **parts):
        return {"extension": [{"url": REPRESENTATION, "valueCode": representation}], **parts}

    return {"resourceType": "Patient", "meta": {"source": own}, "identifier": [{"system": MRN, "value": "LK-2207"}],
            "name": [name("ABC", use="usual", family="Yamada", given=["Tarou"], prefix=["Dr."], suffix=["PhD"]),
                     name("IDE", family="山田", given=["太郎"]), name("SYL", family="やまだ", given=["たろう"])],
            "gender": "male", "birthDate": "1961-04-12"}


def endpoint(own):
    return {"resourceType": "Endpoint", "meta": {"source": own}, "identifier": [{"system": URI, "value": own}], "status": "active",
            "connectionType": {"system": f"{TERMINOLOGY}/endpoint-connection-type", "code": "dicom-wado-rs"},
            "name": f"DICOM WADO-RS endpoint {own}", "payloadType": [{"text": "DICOM WADO-RS"}],
            "payloadMimeType": ["application/dicom"], "address": own}
