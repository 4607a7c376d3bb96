"""What `make test` leaves to `make engines` is marked `long`."""


def pytest_configure(config):
    config.addinivalue_line("markers", "long: minutes on two cores; left to `make engines`")
