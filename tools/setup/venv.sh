# Virtual environments of the test folders. Sourced by ./test and bench/cohort, with the tree's root as working directory.

# venv_of FOLDER: prints the environment with FOLDER/requirements.txt, made when it is not there yet.
venv_of() {
  local folder=$1 venv
  venv=.venv/$(basename "$folder")-$(sha256sum "$folder/requirements.txt" | cut -c1-12)
  if [ ! -e "$venv/.complete" ]; then
    python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$folder/requirements.txt" && touch "$venv/.complete"
  fi
  echo "$venv"
}
