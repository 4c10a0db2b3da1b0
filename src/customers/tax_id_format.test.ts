import { describe, expect, test } from 'vitest';
import { countryOf, isWellFormed, TAX_ID_TYPES, type TaxIdType } from './tax_id_format.ts';

/** The examples of the reference, with the country that each belongs to. */
const EXAMPLES = `
ad_nrt A-123456-Z AD|ae_trn 123456789012345 AE|al_tin J12345678N AL|am_tin 02538904 AM|ao_tin 5123456789 AO
ar_cuit 12-3456789-01 AR|au_abn 12345678912 AU|au_arn 123456789123 AU|ba_tin 123456789012 BA|bb_tin 1123456789012 BB
bd_bin 123456789-0123 BD|bg_uic 123456789 BG|bh_vat 123456789012345 BH|bo_tin 123456789 BO|br_cnpj 01.234.456/5432-10 BR
br_cpf 123.456.789-87 BR|bs_tin 123.456.789 BS|by_tin 123456789 BY|ca_bn 123456789 CA|ca_gst_hst 123456789RT0002 CA
ca_pst_bc PST-1234-5678 CA|ca_pst_mb 123456-7 CA|ca_pst_sk 1234567 CA|ca_qst 1234567890TQ1234 CA|cd_nif A0123456M CD
ch_uid CHE-123.456.789 HR CH|ch_vat CHE-123.456.789 MWST CH|cl_tin 12.345.678-K CL|cn_tin 123456789012345678 CN
co_nit 123.456.789-0 CO|cr_tin 1-234-567890 CR|de_stn 1234567890 DE|do_rcn 123-4567890-1 DO|ec_ruc 1234567890001 EC
eg_tin 123456789 EG|es_cif A12345678 ES|ge_vat 123456789 GE|gn_nif 123456789 GN|hk_br 12345678 HK|hr_oib 12345678901 HR
hu_tin 12345678-1-23 HU|id_npwp 012.345.678.9-012.345 ID|id_npwp 12.345.678.9-012.345 ID|il_vat 000012345 IL
in_gst 12ABCDE3456FGZH IN|is_vat 123456 IS|jp_cn 1234567891234 JP|jp_rn 12345 JP|jp_trn T1234567891234 JP
ke_pin P000111111A KE|kh_tin 1001-123456789 KH|kr_brn 123-45-67890 KR|kz_bin 123456789012 KZ|li_uid CHE123456789 LI
li_vat 12345 LI|ma_vat 12345678 MA|md_vat 1234567 MD|me_pib 12345678 ME|mk_vat MK1234567890123 MK|mr_nif 12345678 MR
mx_rfc ABC010203AB9 MX|my_frp 12345678 MY|my_itn C 1234567890 MY|my_sst A12-3456-78912345 MY|ng_tin 12345678-0001 NG
no_vat 123456789MVA NO|no_voec 1234567 NO|np_pan 123456789 NP|nz_gst 123456789 NZ|om_vat OM1234567890 OM
pe_ruc 12345678901 PE|ph_tin 123456789012 PH|ro_tin 1234567890123 RO|rs_pib 123456789 RS|ru_inn 1234567891 RU
ru_kpp 123456789 RU|sa_vat 123456789012345 SA|sg_gst M12345678X SG|sg_uen 123456789F SG|si_tin 12345678 SI
sn_ninea 12345672A2 SN|sr_fin 1234567890 SR|sv_nit 1234-567890-123-4 SV|th_vat 1234567891234 TH|tj_tin 123456789 TJ
tr_tin 0123456789 TR|tw_vat 12345678 TW|tz_vat 12345678A TZ|ua_vat 123456789 UA|ug_tin 1014751879 UG|us_ein 12-3456789 US
uy_ruc 123456789012 UY|uz_tin 123456789 UZ|uz_vat 123456789012 UZ|ve_rif A-12345678-9 VE|vn_tin 1234567890 VN
za_vat 4123456789 ZA|zm_tin 1004751879 ZM|zw_tin 1234567890 ZW|gb_vat GB123456789 GB|gb_vat 123456789 GB|ic_nif B12345678 ES
eu_vat ATU12345678 AT|eu_vat BE0123456789 BE|eu_vat BG0123456789 BG|eu_vat CY12345678Z CY|eu_vat CZ1234567890 CZ
eu_vat DE123456789 DE|eu_vat DK12345678 DK|eu_vat EE123456789 EE|eu_vat EL123456789 GR|eu_vat ESA1234567Z ES
eu_vat FI12345678 FI|eu_vat FRAB123456789 FR|eu_vat HR12345678912 HR|eu_vat HU12345678 HU|eu_vat IE1234567AB IE
eu_vat IT12345678912 IT|eu_vat LT123456789123 LT|eu_vat LU12345678 LU|eu_vat LV12345678912 LV|eu_vat MT12345678 MT
eu_vat NL123456789B12 NL|eu_vat PL1234567890 PL|eu_vat PT123456789 PT|eu_vat RO1234567891 RO|eu_vat SE123456789123 SE
eu_vat SI12345678 SI|eu_vat SK1234567891 SK|eu_vat XI123456789 GB|eu_vat de123456789 DE|eu_vat DE 123 456 789 DE
`;

const examples = EXAMPLES.trim()
  .split(/[|\n]/)
  .map((text) => {
    const [type, ...rest] = text.split(' ');
    return [type as TaxIdType, rest.slice(0, -1).join(' '), rest.at(-1)] as const;
  });

describe('the examples of the reference', () => {
  test.each(examples)('%s %s is well-formed and belongs to %s', (type, value, country) => {
    expect(TAX_ID_TYPES).toContain(type);
    expect(isWellFormed(type, value)).toBe(true);
    expect(countryOf(type, value)).toBe(country);
  });

  test('the one-stop shop belongs to the whole Union', () => {
    expect(isWellFormed('eu_oss_vat', 'EU123456789')).toBe(true);
    expect(countryOf('eu_oss_vat', 'EU123456789')).toBeNull();
  });
});

test.each<[TaxIdType, string]>([
  ['eu_vat', '123456789'],
  ['eu_vat', 'DE12345678'],
  ['eu_vat', 'US123456789'],
  ['eu_vat', 'GB123456789'],
  ['eu_vat', 'toString'],
  ['gb_vat', 'GB12345678'],
  ['gb_vat', 'DE123456789'],
  ['us_ein', '12-345678'],
  ['us_ein', 'AB-3456789'],
  ['au_abn', '1234567891'],
  ['br_cnpj', '123'],
  ['ca_gst_hst', '123456789RT'],
  ['ch_vat', 'CHE-123'],
  ['in_gst', '12ABCDE3456'],
  ['jp_trn', '1234567891234'],
  ['za_vat', '5123456789'],
  ['us_ein', ' 12-3456789'],
  ['us_ein', ''],
  // A type without a known form takes any text but none.
  ['gh_tin', ' '],
  ['gh_tin', '---'],
  ['gh_tin', 'x'.repeat(101)],
])('%s %j is not well-formed', (type, value) => {
  expect(isWellFormed(type, value)).toBe(false);
});

test('a type without a known form takes what it is given', () => {
  expect(isWellFormed('gh_tin', 'P0012345678')).toBe(true);
  expect(countryOf('gh_tin', 'P0012345678')).toBe('GH');
});
