/// The scripts that shells complete `ftctl` by. Each asks the program and shows what it offers.
enum CompletionScript: String, CaseIterable {
    case bash, zsh, fish

    /// The option that asks for one, with the shell's name behind it.
    static let option = "--generate-completion-script"

    /// The shell that is named behind the option, or in it; nil where the option is not there.
    static func shell(in arguments: [String]) -> String? {
        guard let index = arguments.firstIndex(where: { $0 == option || $0.hasPrefix(option + "=") }) else {
            return nil
        }
        let word = arguments[index]
        if word != option { return String(word.dropFirst(option.count + 1)) }
        return index + 1 < arguments.count ? arguments[index + 1] : ""
    }

    var text: String {
        switch self {
        case .bash: Self.bashText
        case .zsh: Self.zshText
        case .fish: Self.fishText
        }
    }

    private static let bashText = #"""
        # Completion of ftctl in bash.
        _ftctl() {
            local line kind found=()
            COMPREPLY=()
            while IFS= read -r line; do
                case $line in
                    :files | :folders)
                        compopt -o filenames 2> /dev/null
                        [[ $line = :files ]] && kind=-f || kind=-d
                        mapfile -t found < <(compgen $kind -- "$2")
                        COMPREPLY+=("${found[@]}")
                        ;;
                    "$2"*) COMPREPLY+=("${line%%$'\t'*}") ;;
                esac
            done < <("${1/#~\//$HOME/}" ---complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$2" 2> /dev/null)
        }
        complete -F _ftctl ftctl
        """#

    private static let zshText = #"""
        #compdef ftctl

        # Completion of ftctl in zsh.
        _ftctl() {
            local program=${(Q)words[1]} line ret=1
            local -a lines offered
            program=${program/#\~\//$HOME/}
            lines=("${(@f)$("$program" ---complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)}")
            for line in "${lines[@]}"; do
                case $line in
                    :files) compset -P '--*='; _files && ret=0 ;;
                    :folders) compset -P '--*='; _files -/ && ret=0 ;;
                    *$'\t') offered+=("${${line%$'\t'}//:/\\:}") ;;
                    *$'\t'*) offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
                esac
            done
            # _describe offers options and words apart.
            (( $#offered )) && _describe ${${(M)PREFIX:#-*}:+-o} ftctl offered && ret=0
            return ret
        }

        if [[ ${funcstack[1]} = _ftctl ]]; then
            _ftctl "$@"
        else
            compdef _ftctl ftctl
        fi
        """#

    private static let fishText = #"""
        # Completion of ftctl in fish.
        function __ftctl_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l before (string match -r -- '^--[^=]*=' $current)
            set -l path (string replace -- "$before" '' "$current")
            for line in (command $words[1] ---complete $words[2..] "$current" 2> /dev/null)
                switch $line
                    case :files
                        printf "$before%s\n" (__fish_complete_path "$path")
                    case :folders
                        printf "$before%s\n" (__fish_complete_directories "$path" '')
                    case '*'
                        echo $line
                end
            end
        end
        complete -c ftctl -f -a '(__ftctl_complete)'
        """#
}
