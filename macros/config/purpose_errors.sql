{#
    What is wrong with `vars: purposes:`, as a list of texts that each name the key;
    empty when the tree of purposes is sound.
#}
{% macro purpose_errors() -%}
    {%- set declared = dbt_consent.setting('purposes') -%}
    {%- set errors = [] -%}
    {%- for name, given in declared.items() -%}
        {%- if not dbt_consent.is_plain_name(name) -%}
            {%- do errors.append("purposes: '" ~ name ~ "' is no name; use lower-case letters, digits and _.") -%}
        {%- elif given is not none and given is not mapping -%}
            {%- do errors.append('purposes.' ~ name ~ ': must be a mapping such as {enforcement: opt_in}.') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if errors -%}
        {%- do return(errors) -%}
    {%- endif -%}
    {%- for name, given in declared.items() -%}
        {%- set at = 'purposes.' ~ name -%}
        {%- do errors.extend(dbt_consent._purpose_value_errors(at, given or {})) -%}
        {%- do errors.extend(dbt_consent._purpose_right_errors(at, name, given or {})) -%}
        {%- do errors.extend(dbt_consent._purpose_parent_errors(at, name, given or {}, declared)) -%}
    {%- endfor -%}
    {%- if not errors -%}
        {%- do errors.extend(dbt_consent._purpose_cycle_errors(declared)) -%}
    {%- endif -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _purpose_value_errors(at, given) -%}
    {%- set known = [
        'enforcement', 'enforcement_by_country', 'parent', 'channel', 'valid_for_months',
        'double_opt_in', 'conflict',
    ] -%}
    {%- set enforcements = ['opt_in', 'opt_out', 'none'] -%}
    {%- set conflicts = ['latest_denial', 'any_denial', 'contact_point'] -%}
    {%- set channels = dbt_consent.alternate_keys() -%}
    {%- set errors = [] -%}

    {%- for key in given if key not in known -%}
        {%- do errors.append(at ~ "." ~ key ~ ": unknown key" ~ dbt_consent.did_you_mean(key, known) ~ "; known are " ~ known | join(', ') ~ ".") -%}
    {%- endfor -%}

    {%- set enforcement = given.get('enforcement', 'opt_in') -%}
    {%- if enforcement is not string or enforcement not in enforcements -%}
        {%- do errors.append(at ~ ".enforcement: '" ~ enforcement ~ "' is none of " ~ enforcements | join(', ') ~ ".") -%}
    {%- endif -%}

    {%- set by_country = given.get('enforcement_by_country') -%}
    {%- if by_country is not none -%}
        {%- if by_country is not mapping or not by_country -%}
            {%- do errors.append(at ~ ".enforcement_by_country: must map countries to opt_in or opt_out, such as {US: opt_out}.") -%}
        {%- else -%}
            {%- if enforcement == 'none' -%}
                {%- do errors.append(at ~ ".enforcement_by_country: a purpose with enforcement none has none.") -%}
            {%- endif -%}
            {%- for country, value in by_country.items() -%}
                {%- set wrong = dbt_consent.country_error(country) -%}
                {%- if wrong -%}
                    {%- do errors.append(at ~ '.enforcement_by_country: ' ~ wrong) -%}
                {%- endif -%}
                {%- if value is not string or value not in ['opt_in', 'opt_out'] -%}
                    {%- do errors.append(at ~ ".enforcement_by_country." ~ country ~ ": '" ~ value ~ "' is neither opt_in nor opt_out.") -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}

    {%- set channel = given.get('channel') -%}
    {%- if channel is not none and channel not in channels -%}
        {%- do errors.append(at ~ ".channel: '" ~ channel ~ "' is no alternate key" ~ dbt_consent.did_you_mean(channel, channels) ~ "; they are " ~ channels | join(', ') ~ ".") -%}
    {%- endif -%}

    {%- set months = given.get('valid_for_months') -%}
    {%- if months is not none and (months is not integer or months is boolean or months < 1 or months > 1200) -%}
        {%- do errors.append(at ~ ".valid_for_months: '" ~ months ~ "' is no whole number of months from 1 to 1200.") -%}
    {%- endif -%}

    {%- if given.get('double_opt_in', false) is not boolean -%}
        {%- do errors.append(at ~ ".double_opt_in: '" ~ given.double_opt_in ~ "' is neither true nor false.") -%}
    {%- endif -%}

    {%- set conflict = given.get('conflict', 'latest_denial') -%}
    {%- if conflict is not string or conflict not in conflicts -%}
        {%- do errors.append(at ~ ".conflict: '" ~ conflict ~ "' is none of " ~ conflicts | join(', ') ~ ".") -%}
    {%- elif conflict == 'contact_point' and channel is none -%}
        {%- do errors.append(at ~ ".conflict: contact_point needs a channel.") -%}
    {%- endif -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _purpose_right_errors(at, name, given) -%}
    {%- set errors = [] -%}
    {%- if name in dbt_consent.rights() -%}
        {%- if given.get('enforcement') == 'none' -%}
            {%- do errors.append(at ~ ".enforcement: a right may be made stricter, not laxer: opt_out or opt_in.") -%}
        {%- endif -%}
        {%- for key in ['parent', 'channel'] if given.get(key) is not none -%}
            {%- do errors.append(at ~ "." ~ key ~ ": a right is about the person and has no " ~ key ~ ".") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _purpose_parent_errors(at, name, given, declared) -%}
    {%- set errors = [] -%}
    {%- set parent = given.get('parent') -%}
    {%- set known = dbt_consent.rights() + (declared.keys() | list) -%}
    {%- if parent is not none and name not in dbt_consent.rights() -%}
        {%- set above = declared.get(parent) or {} -%}
        {%- if parent not in known -%}
            {%- do errors.append(at ~ ".parent: '" ~ parent ~ "' is no purpose" ~ dbt_consent.did_you_mean(parent, known) ~ ".") -%}
        {%- elif parent in ['sale', 'storage'] -%}
            {%- do errors.append(at ~ ".parent: every purpose descends from use, not from " ~ parent ~ ".") -%}
        {%- elif given.get('enforcement') == 'none' -%}
            {%- do errors.append(at ~ ".parent: a purpose with enforcement none has no parent.") -%}
        {%- elif above.get('enforcement') == 'none' -%}
            {%- do errors.append(at ~ ".parent: '" ~ parent ~ "' has enforcement none and is no parent.") -%}
        {%- elif above.get('channel') is not none and above.get('channel') != given.get('channel') -%}
            {%- do errors.append(at ~ ".parent: '" ~ parent ~ "' has the channel " ~ above.channel ~ "; a parent has the same channel or none.") -%}
        {%- endif -%}
    {%- endif -%}
    {%- do return(errors) -%}
{%- endmacro %}

{% macro _purpose_cycle_errors(declared) -%}
    {%- set errors = [] -%}
    {%- for name in declared -%}
        {%- set walk = namespace(at=name, path=[name], closed=false) -%}
        {%- for _ in declared if not walk.closed -%}
            {%- set parent = (declared.get(walk.at) or {}).get('parent') -%}
            {%- if parent is not none and walk.at not in dbt_consent.rights() -%}
                {%- set walk.closed = parent == name -%}
                {%- set walk.at = parent -%}
                {%- do walk.path.append(parent) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if walk.closed -%}
            {%- do errors.append("purposes." ~ name ~ ".parent: a cycle: " ~ walk.path | join(' → ') ~ ".") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(errors) -%}
{%- endmacro %}
