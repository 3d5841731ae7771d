"""The speaking half of the assistant: Telegram, web, cases and answers. It never imports Rasa."""
