"""Our own parts of the Rasa server: channel, tracker store, normaliser and classifiers."""
