{#
    The countries of ISO 3166-1, alpha-2 code to alpha-3 code, and Kosovo, whose code is not
    the standard's own but in general use.

    Example
        {{ 'GB' in dbt_consent.countries() }}   → true
#}
{% macro countries() -%}
    {{ return({
        'AD': 'AND', 'AE': 'ARE', 'AF': 'AFG', 'AG': 'ATG', 'AI': 'AIA', 'AL': 'ALB', 'AM':
        'ARM', 'AO': 'AGO', 'AQ': 'ATA', 'AR': 'ARG', 'AS': 'ASM', 'AT': 'AUT', 'AU': 'AUS',
        'AW': 'ABW', 'AX': 'ALA', 'AZ': 'AZE', 'BA': 'BIH', 'BB': 'BRB', 'BD': 'BGD', 'BE':
        'BEL', 'BF': 'BFA', 'BG': 'BGR', 'BH': 'BHR', 'BI': 'BDI', 'BJ': 'BEN', 'BL': 'BLM',
        'BM': 'BMU', 'BN': 'BRN', 'BO': 'BOL', 'BQ': 'BES', 'BR': 'BRA', 'BS': 'BHS', 'BT':
        'BTN', 'BV': 'BVT', 'BW': 'BWA', 'BY': 'BLR', 'BZ': 'BLZ', 'CA': 'CAN', 'CC': 'CCK',
        'CD': 'COD', 'CF': 'CAF', 'CG': 'COG', 'CH': 'CHE', 'CI': 'CIV', 'CK': 'COK', 'CL':
        'CHL', 'CM': 'CMR', 'CN': 'CHN', 'CO': 'COL', 'CR': 'CRI', 'CU': 'CUB', 'CV': 'CPV',
        'CW': 'CUW', 'CX': 'CXR', 'CY': 'CYP', 'CZ': 'CZE', 'DE': 'DEU', 'DJ': 'DJI', 'DK':
        'DNK', 'DM': 'DMA', 'DO': 'DOM', 'DZ': 'DZA', 'EC': 'ECU', 'EE': 'EST', 'EG': 'EGY',
        'EH': 'ESH', 'ER': 'ERI', 'ES': 'ESP', 'ET': 'ETH', 'FI': 'FIN', 'FJ': 'FJI', 'FK':
        'FLK', 'FM': 'FSM', 'FO': 'FRO', 'FR': 'FRA', 'GA': 'GAB', 'GB': 'GBR', 'GD': 'GRD',
        'GE': 'GEO', 'GF': 'GUF', 'GG': 'GGY', 'GH': 'GHA', 'GI': 'GIB', 'GL': 'GRL', 'GM':
        'GMB', 'GN': 'GIN', 'GP': 'GLP', 'GQ': 'GNQ', 'GR': 'GRC', 'GS': 'SGS', 'GT': 'GTM',
        'GU': 'GUM', 'GW': 'GNB', 'GY': 'GUY', 'HK': 'HKG', 'HM': 'HMD', 'HN': 'HND', 'HR':
        'HRV', 'HT': 'HTI', 'HU': 'HUN', 'ID': 'IDN', 'IE': 'IRL', 'IL': 'ISR', 'IM': 'IMN',
        'IN': 'IND', 'IO': 'IOT', 'IQ': 'IRQ', 'IR': 'IRN', 'IS': 'ISL', 'IT': 'ITA', 'JE':
        'JEY', 'JM': 'JAM', 'JO': 'JOR', 'JP': 'JPN', 'KE': 'KEN', 'KG': 'KGZ', 'KH': 'KHM',
        'KI': 'KIR', 'KM': 'COM', 'KN': 'KNA', 'KP': 'PRK', 'KR': 'KOR', 'KW': 'KWT', 'KY':
        'CYM', 'KZ': 'KAZ', 'LA': 'LAO', 'LB': 'LBN', 'LC': 'LCA', 'LI': 'LIE', 'LK': 'LKA',
        'LR': 'LBR', 'LS': 'LSO', 'LT': 'LTU', 'LU': 'LUX', 'LV': 'LVA', 'LY': 'LBY', 'MA':
        'MAR', 'MC': 'MCO', 'MD': 'MDA', 'ME': 'MNE', 'MF': 'MAF', 'MG': 'MDG', 'MH': 'MHL',
        'MK': 'MKD', 'ML': 'MLI', 'MM': 'MMR', 'MN': 'MNG', 'MO': 'MAC', 'MP': 'MNP', 'MQ':
        'MTQ', 'MR': 'MRT', 'MS': 'MSR', 'MT': 'MLT', 'MU': 'MUS', 'MV': 'MDV', 'MW': 'MWI',
        'MX': 'MEX', 'MY': 'MYS', 'MZ': 'MOZ', 'NA': 'NAM', 'NC': 'NCL', 'NE': 'NER', 'NF':
        'NFK', 'NG': 'NGA', 'NI': 'NIC', 'NL': 'NLD', 'NO': 'NOR', 'NP': 'NPL', 'NR': 'NRU',
        'NU': 'NIU', 'NZ': 'NZL', 'OM': 'OMN', 'PA': 'PAN', 'PE': 'PER', 'PF': 'PYF', 'PG':
        'PNG', 'PH': 'PHL', 'PK': 'PAK', 'PL': 'POL', 'PM': 'SPM', 'PN': 'PCN', 'PR': 'PRI',
        'PS': 'PSE', 'PT': 'PRT', 'PW': 'PLW', 'PY': 'PRY', 'QA': 'QAT', 'RE': 'REU', 'RO':
        'ROU', 'RS': 'SRB', 'RU': 'RUS', 'RW': 'RWA', 'SA': 'SAU', 'SB': 'SLB', 'SC': 'SYC',
        'SD': 'SDN', 'SE': 'SWE', 'SG': 'SGP', 'SH': 'SHN', 'SI': 'SVN', 'SJ': 'SJM', 'SK':
        'SVK', 'SL': 'SLE', 'SM': 'SMR', 'SN': 'SEN', 'SO': 'SOM', 'SR': 'SUR', 'SS': 'SSD',
        'ST': 'STP', 'SV': 'SLV', 'SX': 'SXM', 'SY': 'SYR', 'SZ': 'SWZ', 'TC': 'TCA', 'TD':
        'TCD', 'TF': 'ATF', 'TG': 'TGO', 'TH': 'THA', 'TJ': 'TJK', 'TK': 'TKL', 'TL': 'TLS',
        'TM': 'TKM', 'TN': 'TUN', 'TO': 'TON', 'TR': 'TUR', 'TT': 'TTO', 'TV': 'TUV', 'TW':
        'TWN', 'TZ': 'TZA', 'UA': 'UKR', 'UG': 'UGA', 'UM': 'UMI', 'US': 'USA', 'UY': 'URY',
        'UZ': 'UZB', 'VA': 'VAT', 'VC': 'VCT', 'VE': 'VEN', 'VG': 'VGB', 'VI': 'VIR', 'VN':
        'VNM', 'VU': 'VUT', 'WF': 'WLF', 'WS': 'WSM', 'YE': 'YEM', 'YT': 'MYT', 'ZA': 'ZAF',
        'ZM': 'ZMB', 'ZW': 'ZWE',
        'XK': 'XKX',
    }) }}
{%- endmacro %}

{#
    What people write for a country instead of its alpha-2 code, in capitals (of letters with
    marks also the small ones, as `ascii_upper` leaves them): its alpha-3 code, the two codes
    that the European Union has of its own, and names in several languages.

    Example
        {{ dbt_consent.country_spellings()['DEU'] }}   → 'DE'
#}
{% macro country_spellings() -%}
    {%- set spellings = {
        'AUSTRIA': 'AT', 'ÖSTERREICH': 'AT', 'öSTERREICH': 'AT', 'OOSTENRIJK': 'AT',
        'AUTRICHE': 'AT', 'AUSTRALIA': 'AU', 'AUSTRALIEN': 'AU', 'BELGIUM': 'BE',
        'BELGIË': 'BE', 'BELGIë': 'BE', 'BELGIE': 'BE', 'BELGIQUE': 'BE', 'BELGIEN': 'BE',
        'BELGICA': 'BE', 'BÉLGICA': 'BE', 'BéLGICA': 'BE', 'BELGIO': 'BE', 'BULGARIA': 'BG',
        'BRAZIL': 'BR', 'BRASIL': 'BR', 'BRAZILIË': 'BR', 'BRAZILIë': 'BR', 'CANADA': 'CA',
        'KANADA': 'CA', 'SWITZERLAND': 'CH', 'SCHWEIZ': 'CH', 'SUISSE': 'CH',
        'SVIZZERA': 'CH', 'ZWITSERLAND': 'CH', 'SUIZA': 'CH', 'CHINA': 'CN', 'CYPRUS': 'CY',
        'CZECHIA': 'CZ', 'CZECH REPUBLIC': 'CZ', 'TSCHECHIEN': 'CZ', 'GERMANY': 'DE',
        'DEUTSCHLAND': 'DE', 'DUITSLAND': 'DE', 'ALLEMAGNE': 'DE', 'ALEMANIA': 'DE',
        'GERMANIA': 'DE', 'ALEMANHA': 'DE', 'DENMARK': 'DK', 'DÄNEMARK': 'DK',
        'DäNEMARK': 'DK', 'DANMARK': 'DK', 'DENEMARKEN': 'DK', 'ESTONIA': 'EE',
        'SPAIN': 'ES', 'SPANIEN': 'ES', 'ESPAÑA': 'ES', 'ESPAñA': 'ES', 'ESPANA': 'ES',
        'SPANJE': 'ES', 'ESPAGNE': 'ES', 'SPAGNA': 'ES', 'ESPANHA': 'ES', 'FINLAND': 'FI',
        'FINNLAND': 'FI', 'SUOMI': 'FI', 'FRANCE': 'FR', 'FRANKREICH': 'FR',
        'FRANKRIJK': 'FR', 'FRANCIA': 'FR', 'FRANÇA': 'FR', 'FRANçA': 'FR', 'UK': 'GB',
        'UNITED KINGDOM': 'GB', 'GREAT BRITAIN': 'GB', 'ENGLAND': 'GB', 'SCOTLAND': 'GB',
        'WALES': 'GB', 'NORTHERN IRELAND': 'GB', 'VEREINIGTES KÖNIGREICH': 'GB',
        'VEREINIGTES KöNIGREICH': 'GB', 'VERENIGD KONINKRIJK': 'GB', 'ROYAUME-UNI': 'GB',
        'REINO UNIDO': 'GB', 'REGNO UNITO': 'GB', 'EL': 'GR', 'GREECE': 'GR',
        'GRIECHENLAND': 'GR', 'GRIEKENLAND': 'GR', 'CROATIA': 'HR', 'KROATIEN': 'HR',
        'HUNGARY': 'HU', 'UNGARN': 'HU', 'IRELAND': 'IE', 'IRLAND': 'IE', 'IERLAND': 'IE',
        'INDIA': 'IN', 'ITALY': 'IT', 'ITALIEN': 'IT', 'ITALIË': 'IT', 'ITALIë': 'IT',
        'ITALIA': 'IT', 'ITALIE': 'IT', 'JAPAN': 'JP', 'LIECHTENSTEIN': 'LI',
        'LITHUANIA': 'LT', 'LUXEMBOURG': 'LU', 'LUXEMBURG': 'LU', 'LATVIA': 'LV',
        'MALTA': 'MT', 'MEXICO': 'MX', 'MÉXICO': 'MX', 'MéXICO': 'MX', 'NETHERLANDS': 'NL',
        'THE NETHERLANDS': 'NL', 'NEDERLAND': 'NL', 'HOLLAND': 'NL', 'NIEDERLANDE': 'NL',
        'PAYS-BAS': 'NL', 'PAÍSES BAJOS': 'NL', 'PAíSES BAJOS': 'NL', 'PAESI BASSI': 'NL',
        'PAÍSES BAIXOS': 'NL', 'PAíSES BAIXOS': 'NL', 'NORWAY': 'NO', 'NORWEGEN': 'NO',
        'NORGE': 'NO', 'NOORWEGEN': 'NO', 'NEW ZEALAND': 'NZ', 'POLAND': 'PL',
        'POLEN': 'PL', 'POLSKA': 'PL', 'PORTUGAL': 'PT', 'PORTOGALLO': 'PT',
        'ROMANIA': 'RO', 'RUMÄNIEN': 'RO', 'RUMäNIEN': 'RO', 'SERBIA': 'RS', 'SWEDEN': 'SE',
        'SCHWEDEN': 'SE', 'SVERIGE': 'SE', 'ZWEDEN': 'SE', 'SLOVENIA': 'SI',
        'SLOWENIEN': 'SI', 'SLOVAKIA': 'SK', 'SLOWAKEI': 'SK', 'TURKEY': 'TR',
        'TÜRKIYE': 'TR', 'TüRKIYE': 'TR', 'TÜRKEI': 'TR', 'TüRKEI': 'TR', 'TURKIJE': 'TR',
        'UKRAINE': 'UA', 'UNITED STATES': 'US', 'UNITED STATES OF AMERICA': 'US',
        'U.S.A.': 'US', 'U.S.': 'US', 'SOUTH AFRICA': 'ZA',
    } -%}
    {%- for alpha_2, alpha_3 in dbt_consent.countries().items() -%}
        {%- do spellings.update({alpha_3: alpha_2}) -%}
    {%- endfor -%}
    {{ return(spellings) }}
{%- endmacro %}

{#
    The alpha-2 code that a text most likely meant, or none.

    Example
        {{ dbt_consent.nearest_country('UK') }}   → 'GB'
#}
{% macro nearest_country(value) -%}
    {%- set code = value | string | trim | upper -%}
    {%- if code in dbt_consent.countries() -%}
        {{ return(code) }}
    {%- endif -%}
    {{ return(dbt_consent.country_spellings().get(code)) }}
{%- endmacro %}

{#
    What is wrong with a country of the settings, as the end of a message; nothing when it is
    a code of ISO 3166.

    Example
        {{ dbt_consent.country_error('UK') }}
        → "'UK' is no ISO 3166 alpha-2 code (did you mean 'GB'?)."
#}
{% macro country_error(value) -%}
    {%- if value is string and value in dbt_consent.countries() -%}
        {{ return('') }}
    {%- endif -%}
    {%- set nearest = dbt_consent.nearest_country(value) -%}
    {{ return(
        "'" ~ value ~ "' is no ISO 3166 alpha-2 code"
        ~ (" (YAML reads an unquoted NO as false: write 'NO')" if value is boolean
            else " (did you mean '" ~ nearest ~ "'?)" if nearest else '')
        ~ '.'
    ) }}
{%- endmacro %}
