"""make_series.py SAMPLES OUT VENV: makes two CT studies of five slices out of real sample files, one uncompressed, one JPEG 2000.

Slices are copies of one real image with their own UIDs, instance numbers and positions, so that a viewer makes a stack of them.
"""

import pathlib
import subprocess
import sys
import venv

STUDIES = {  # sample file: (study UID, patient name, transfer syntax expected)
    "CT_small.dcm": ("2.25.111", "Viewer^Uncompressed", "1.2.840.10008.1.2.1"),
    "JPEG2000.dcm": ("2.25.222", "Viewer^JPEG2000", "1.2.840.10008.1.2.4.91"),
}
SLICES = 5


def make(samples, out):
    import pydicom

    for number, (name, (study, patient, syntax)) in enumerate(STUDIES.items(), 1):
        for i in range(1, SLICES + 1):
            data_set = pydicom.dcmread(samples / name)
            assert data_set.file_meta.TransferSyntaxUID == syntax, data_set.file_meta.TransferSyntaxUID
            data_set.Modality = "CT"
            data_set.SOPClassUID = data_set.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
            data_set.PatientName, data_set.PatientID = patient, f"V{number}"
            data_set.StudyInstanceUID, data_set.SeriesInstanceUID = study, f"{study}.1"
            data_set.SOPInstanceUID = data_set.file_meta.MediaStorageSOPInstanceUID = f"{study}.1.{i}"
            data_set.StudyDate, data_set.StudyTime = "20240131", "120000"
            data_set.SeriesNumber, data_set.InstanceNumber = 1, i
            data_set.ImagePositionPatient = [0, 0, 5 * i]
            data_set.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            data_set.PixelSpacing, data_set.SliceThickness = [1, 1], 5
            data_set.FrameOfReferenceUID = f"{study}.9"
            out.mkdir(parents=True, exist_ok=True)
            data_set.save_as(out / f"{number}-{i}.dcm")


def main():
    samples, out, environment = map(pathlib.Path, sys.argv[1:4])
    python = environment / "bin/python"
    if sys.prefix != str(environment.resolve()):
        if not python.exists():
            venv.create(environment, with_pip=True)
            subprocess.run([python, "-m", "pip", "install", "-q", "pydicom==3.0.1"], check=True)
        subprocess.run([python, __file__, *sys.argv[1:4]], check=True)
        return
    make(samples, out)


if __name__ == "__main__":
    main()
