"""What the bare form can be asked to do."""

from miles_deep.cli.options import Options


def act(options: Options) -> None:
    """Do what the flags ask for; each action is imported when it is."""
    match options.action:
        case "summary":
            from miles_deep.cli.summary import summary

            summary(options)
        case "cut":
            from miles_deep.cli.cutting import cut_film

            cut_film(options)
        case "tag":
            from miles_deep.cli.tagging import tag_film

            tag_film(options, options.output)
