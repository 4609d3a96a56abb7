lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra all --group build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --extra all --group build --group dev pyproject.toml -o requirements-dev.lock
